import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Change} from '../../domain/incident/change.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {type CopyBack, copySteps, onceMovedAside, weighCopyBack} from '../../domain/remedy/copy-back.ts';
import {type RelinkStep, relinkCounts, relinkUndo, uploadedBytes} from '../../domain/remedy/relink-steps.ts';
import {byteSize} from '../../domain/text/wording.ts';
import {withMounts} from '../copy-back/mounts.ts';
import {surveyCopyBack} from '../copy-back/survey.ts';
import type {StorageLock} from '../ports/storage.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {linksOf, stillDone} from './links.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {nameOf} from './read-back.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {storeAgain} from './store-again.ts';
import {withStoreLock} from './store-lock.ts';

/**
 * Brings an image back under the same digest: what its disk has lost comes from the configured sources, each part proven by its hash;
 * then manifests and tags are stored as by a relink.
 */
export const registryCopyBack: ActionNamed<'registry.copy-back'> = {
	name: 'registry.copy-back',
	parse: inputParser('registry.copy-back'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		top: {required: false, about: 'the digest that is brought back, with everything below it'},
		asides: {required: false, about: 'the bad data that is moved aside before, by the same plan'},
		retag: {required: false, about: 'the tags that have to be set to it, because they name nothing any more'},
		removed: {required: false, about: 'the image was removed on purpose: its tags may be gone altogether'},
		...expectedInputs,
	},
	outcomes: {
		copied: 'everything is served again under its digest',
		rejected: 'the registry rejected a part, or no source delivered it',
		disturbed: 'something cleaned the store meanwhile: what was stored may be lost',
		refused: 'the registry, the host or a source refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {stored: 'the digests and tags that are stored again'},
	bare: ['refused', 'unreachable'],
	success: ['copied'],
	// Each streams a blob: more at once would take the memory and the network of each other.
	atOnce: 2,
	outcomeOf: refusedOrUnreachable,

	async gate(inputs, context) {
		const {host, repository} = inputs.image;
		const copyBack = await survey(inputs, context);
		const {possible, why} = weighCopyBack(copyBack);
		const isThere = copyBack.parts.every(({where}) => where === 'linked' || where === 'disk' || where === 'sources');
		if (!possible && !(inputs.removed && isThere)) {
			throw new OperatorError('copy-back.impossible', why, {
				hint: 'Choose another remedy, or add a source (registries.….sources).',
				exit: 'failed',
			});
		}

		const {registry, storage} = context.ports;
		const mounted = await withMounts(repository, copyBack, {registry, storage, signal: context.signal});
		const steps = copySteps(repository, mounted, inputs.retag ?? []).map(step =>
			step.kind === 'restore-tag' && inputs.removed ? {...step, vanished: true as const} : step,
		);
		return {
			target: `${host}/${repository}`,
			changes: steps,
			undo: inputs.removed ? 'DELETE the same digest: the image is removed again.' : relinkUndo(steps),
			phrase: 'approve',
		};
	},

	async precondition(inputs, context) {
		const now = await stillDamaged(inputs.image, inputs, context);
		if (now.kind !== 'holds') {
			return now;
		}

		const {done, steps} = await doneOf(context);
		return done.length === steps.length
			? {kind: 'already-whole', say: 'Everything that was to be copied back is there.'}
			: now;
	},

	async run(inputs, context) {
		const {storage} = context.ports;
		const {parts} = await survey(inputs, context);
		const needed = parts.map(({digest}) => digest);
		return storage === undefined
			? copy(context, {parts: needed})
			: withStoreLock(storage, context, lock => copy(context, {lock, parts: needed}));
	},

	async reconcile(_, context) {
		const {steps, done, isKnown} = await doneOf(context);
		if (done.length === steps.length) {
			return {kind: 'done', outcome: 'copied', output: {stored: done}, say: 'The registry serves all of them.'};
		}

		return isKnown
			? {kind: 'not-done', say: `The registry serves ${done.length} of ${steps.length}.`}
			: {kind: 'unknown', say: 'The disk could not be read: it is not known which links exist.'};
	},
};

type Result = ActionResult<OutputValues<'registry.copy-back'>>;

async function copy(
	context: ActionContext,
	{lock, parts}: {lock?: StorageLock; parts: readonly Digest[]},
): Promise<Result> {
	const {storage} = context.ports;
	const steps = stepsIn(context.approved);
	const {proven, problem, refusal} = await storeAgain(
		steps,
		{parts, ...(storage && {storage}), ...(lock && {lock})},
		context,
	);
	const output = {stored: proven.map(nameOf)};
	const some = `${proven.length} of ${steps.length} are stored again.`;
	if (problem !== undefined) {
		return {outcome: 'disturbed', output, say: `${some} ${problem.message}`, problem};
	}

	return refusal === undefined
		? {outcome: 'copied', output, say: `${relinkCounts(steps)} copied back, ${byteSize(uploadedBytes(steps))}.`}
		: {outcome: 'rejected', output, say: proven.length === 0 ? refusal : `${some} ${refusal}`};
}

/** @throws OperatorError copy-back.impossible: which digest is to be brought back is not known */
async function survey(
	{image, top, asides, damaged}: InputsOf<'registry.copy-back'>,
	context: ActionContext,
): Promise<CopyBack> {
	const {ports, signal} = context;
	const bad = new Set(asides ?? []);
	const digest = top ?? damaged?.digest ?? image.digest;
	if (digest === undefined) {
		throw new OperatorError('copy-back.impossible', 'It is not known which digest the tag named.', {
			hint: 'Respond to the image by its digest: REPOSITORY@sha256:….',
			exit: 'failed',
		});
	}

	const {registry, storage, sources = []} = ports;
	const [found] = await surveyCopyBack([{repository: image.repository, digest}], {
		registry,
		sources,
		signal,
		...(storage && {storage}),
		corrupt: bad,
	});
	return onceMovedAside(found!, bad);
}

/** Which of the approved steps are done already. */
async function doneOf(context: ActionContext): Promise<{steps: RelinkStep[]; done: string[]; isKnown: boolean}> {
	const steps = stepsIn(context.approved);
	const links = await linksOf(steps, context);
	const answers: Awaited<ReturnType<typeof stillDone>>[] = [];
	for (const step of steps) {
		answers.push(await stillDone(step, links, context));
	}

	return {
		steps,
		done: steps.filter((_, at) => answers[at] === 'yes').map(nameOf),
		isKnown: !answers.includes('unknown'),
	};
}

function stepsIn(approved: readonly Change[]): RelinkStep[] {
	return approved.filter(
		(change): change is RelinkStep =>
			change.kind === 'mount-blob' ||
			change.kind === 'upload-blob' ||
			change.kind === 'put-manifest' ||
			change.kind === 'restore-tag',
	);
}
