import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {sayChange} from '../../domain/incident/change.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {
	canRelink,
	type RelinkStep,
	relinkCounts,
	relinkDone,
	relinkSteps,
	relinkUndo,
} from '../../domain/remedy/relink-steps.ts';
import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {goneFromDisk, isServed, linksOf, stillDone} from './links.ts';
import {createLookout, disturbedBy} from './meanwhile.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {nameOf, readBack, sayUnserved} from './read-back.ts';
import {bytesGone, performRelink} from './relink-step.ts';
import {stillDamaged} from './still-damaged.ts';
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
		damaged: {required: false, about: 'of an item of a plan: the image as it was approved'},
		lacks: {required: false, about: 'of an item of a plan: the files that its image lacked on the disk'},
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

	async precondition(inputs, context) {
		const now = await stillDamaged(inputs.image, inputs, context);
		if (now.kind !== 'holds') {
			return now;
		}

		const steps = stepsOf(inputs);
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

type Result = ActionResult<OutputValues<'registry.relink'>>;

async function relink(
	steps: readonly RelinkStep[],
	{storage, lock, parts}: {storage: Storage; lock: StorageLock; parts: readonly Digest[]},
	context: ActionContext,
): Promise<Result> {
	const done: RelinkStep[] = [];
	const stored: RelinkStep[] = [];
	let refusal: string | undefined;
	const disturbed = (done: readonly RelinkStep[], problem: Problem): Result => ({
		outcome: 'disturbed',
		output: {relinked: done.map(nameOf)},
		say: `${done.length} of ${steps.length} were relinked. ${problem.message}`,
		problem,
	});
	const links = await linksOf(steps, context);
	const {look, glance} = createLookout(context);

	for (const step of steps) {
		lock.lost?.throwIfAborted();
		context.progress({label: 'relinked', done: done.length, total: steps.length});
		const began = await glance();
		if (began.length > 0) {
			return disturbed([...done, ...stored], disturbedBy(began));
		}

		if ((await stillDone(step, links, context)) !== 'yes') {
			const answer = await performRelink(step, {storage, lock, links}, context);
			context.log(`${sayChange(step).join('; ')} → ${answer.state} ${answer.detail}`);
			if (answer.state === 'rejected') {
				refusal = answer.detail;
				break;
			}

			// Nothing more is stored into a memory that swallows it.
			if (!(await isServed(step, context.ports.registry, context))) {
				refusal = sayUnserved(step);
				break;
			}

			await context.record('relinked', {...answer.step}, relinkDone(answer.step));
			stored.push(answer.step);
		} else {
			done.push(step);
		}
	}

	// One that is at work now has not seen the new links; one that has ended shows on the disk what it took.
	const running = await look();
	if (running.length > 0) {
		return disturbed([...done, ...stored], disturbedBy(running));
	}

	const lost = await readBack(stored, context);
	const proven = [...done, ...stored.filter(step => !lost.has(step))];
	const output = {relinked: proven.map(nameOf)};
	const [problem = refusal] = lost.values();
	if (problem !== undefined) {
		const say = proven.length === 0 ? problem : `${proven.length} of ${steps.length} were relinked. ${problem}`;
		return {outcome: 'rejected', output, say};
	}

	const others = parts.filter(part => !stored.some(({digest}) => digest === part));
	const taken = await goneFromDisk(others, context);
	return taken.length > 0
		? disturbed(proven, lackOf(taken))
		: {outcome: 'relinked', output, say: `${relinkCounts(steps)} relinked.`};
}

function lackOf(taken: readonly Digest[]): Problem {
	return {
		code: 'storage.cleaned',
		message: `The disk has lost what the image needs since the scan: ${sayDigests(taken)}.`,
		hint: 'A collection or a script deleted it meanwhile. Suspend that first (the key u).',
	};
}

/** Everything that the images of the plans need. */
function partsOf(inputs: InputsOf<'registry.relink'>): Digest[] {
	const plans = (inputs.findings ?? [])
		.filter(finding => finding.repository === inputs.image.repository && canRelink(finding))
		.flatMap(({plan}) => plan?.parts ?? []);
	return [...new Set([...plans, ...stepsOf(inputs)].map(({digest}) => digest))];
}

function sayDigests(digests: readonly Digest[]): string {
	const name = shortDigest(digests[0]!);
	return digests.length === 1 ? name : `${name} and ${digests.length - 1} more`;
}

/** Only of the image's own repository, whatever else the findings are of. */
function stepsOf({image, findings}: InputsOf<'registry.relink'>): RelinkStep[] {
	return relinkSteps((findings ?? []).filter(({repository}) => repository === image.repository));
}
