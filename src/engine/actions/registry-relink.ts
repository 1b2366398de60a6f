import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {canRelink, type RelinkStep, relinkCounts, relinkSteps, relinkUndo} from '../../domain/remedy/relink-steps.ts';
import {blobData} from '../../domain/storage/listing/paths.ts';
import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {goneFromDisk, linksOf, pathsOf, readingDiskOnce, stillDone} from './links.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {nameOf} from './read-back.ts';
import {bytesGone} from './relink-step.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {sayDigests, storeAgain} from './store-again.ts';
import {withStoreLock} from './store-lock.ts';

/**
 * Restores the links of what is still on disk, under the same digests: blobs are mounted or uploaded, manifests and tags PUT.
 * @see reference: PUT recreates the revision link on 2.8
 */
export const registryRelink: ActionNamed<'registry.relink'> = {
	name: 'registry.relink',
	parse: inputParser('registry.relink'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		findings: {required: true, about: 'the findings of the scan; those with a complete relink plan are used'},
		...expectedInputs,
	},
	outcomes: {
		relinked: 'everything is served again under its digest',
		rejected: 'the registry rejected one of them, or does not serve it',
		gone: 'the bytes are no longer on the disk',
		disturbed: 'something cleaned the store meanwhile: what was stored may be lost',
		refused: 'the registry or the host refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {relinked: 'the digests and tags that were restored'},
	bare: ['gone', 'refused', 'unreachable'],
	success: ['relinked'],
	atOnce: 4,
	outcomeOf: error =>
		error.code === 'relink.gone' || error.code === 'storage.blob-gone' ? 'gone' : refusedOrUnreachable(error),

	async gate(inputs, context) {
		const {host, repository} = inputs.image;
		const steps = stepsOf(inputs);
		if (steps.length === 0) {
			throw new OperatorError('relink.nothing', 'Nothing that is missing is still on disk.', {
				hint: 'Choose another remedy.',
				exit: 'failed',
			});
		}

		const gone = await goneFromDisk(partsOf(inputs), context);
		if (gone.length > 0) {
			throw bytesGone(sayDigests(gone));
		}

		return {
			target: `${host}/${repository}`,
			changes: steps,
			undo: relinkUndo(steps),
			phrase: `relink ${relinkCounts(steps)}`,
		};
	},

	async precondition(inputs, asked) {
		const steps = stepsOf(inputs);
		const parts = partsOf(inputs).map(blobData);
		const context = readingDiskOnce([...(inputs.lacks ?? []), ...pathsOf(steps), ...parts], asked);
		const now = await stillDamaged(inputs.image, inputs, context);
		if (now.kind !== 'holds') {
			return now;
		}

		const links = await linksOf(steps, context);
		for (const step of steps) {
			if ((await stillDone(step, links, context)) !== 'yes') {
				const gone = await goneFromDisk(partsOf(inputs), context);
				return gone.length === 0 ? now : {kind: 'changed', say: bytesGone(sayDigests(gone)).message};
			}
		}

		return {kind: 'already-whole', say: 'Everything that was to be linked again is linked.'};
	},

	async run(inputs, context) {
		const steps = stepsOf(inputs);
		const {storage} = context.ports;
		if (!storage) {
			throw bytesGone('the missing parts');
		}

		return withStoreLock(storage, context, lock => relink(steps, {storage, lock, parts: partsOf(inputs)}, context));
	},

	async reconcile(inputs, context) {
		const steps = stepsOf(inputs);
		const links = await linksOf(steps, context);
		const done: string[] = [];
		let isKnown = true;
		for (const step of steps) {
			const answer = await stillDone(step, links, context);
			isKnown &&= answer !== 'unknown';
			if (answer === 'yes') {
				done.push(nameOf(step));
			}
		}

		if (done.length === steps.length) {
			return {
				kind: 'done',
				outcome: 'relinked',
				output: {relinked: done},
				say: 'The registry serves all of them.',
			};
		}

		return isKnown
			? {kind: 'not-done', say: `The registry serves ${done.length} of ${steps.length}.`}
			: {kind: 'unknown', say: 'The disk could not be read: it is not known which links exist.'};
	},
};

async function relink(
	steps: readonly RelinkStep[],
	store: {storage: Storage; lock: StorageLock; parts: readonly Digest[]},
	context: ActionContext,
): Promise<ActionResult<OutputValues<'registry.relink'>>> {
	const {proven, problem, refusal} = await storeAgain(steps, store, context);
	const output = {relinked: proven.map(nameOf)};
	const some = `${proven.length} of ${steps.length} were relinked.`;
	if (problem !== undefined) {
		return {outcome: 'disturbed', output, say: `${some} ${problem.message}`, problem};
	}

	return refusal === undefined
		? {outcome: 'relinked', output, say: `${relinkCounts(steps)} relinked.`}
		: {outcome: 'rejected', output, say: proven.length === 0 ? refusal : `${some} ${refusal}`};
}

/** Everything that the images of the plans need. */
function partsOf(inputs: InputsOf<'registry.relink'>): Digest[] {
	const plans = (inputs.findings ?? [])
		.filter(finding => finding.repository === inputs.image.repository && canRelink(finding))
		.flatMap(({plan}) => plan?.parts ?? []);
	return [...new Set([...plans, ...stepsOf(inputs)].map(({digest}) => digest))];
}

/** Only of the image's own repository, whatever else the findings are of. */
function stepsOf({image, findings}: InputsOf<'registry.relink'>): RelinkStep[] {
	return relinkSteps((findings ?? []).filter(({repository}) => repository === image.repository));
}
