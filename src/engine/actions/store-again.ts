import {defined} from '../../domain/defined.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import {sayChange} from '../../domain/incident/change.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {type RelinkStep, relinkDone} from '../../domain/remedy/relink-steps.ts';
import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';
import {goneFromDisk, isServed, linksOf, stillDone} from './links.ts';
import {createLookout, disturbedBy} from './meanwhile.ts';
import {askAnew, findOnDisk, sayUnserved} from './read-back.ts';
import {performRelink, readFirst} from './relink-step.ts';

type Store = {
	/** Absent: none is configured, and what the registry serves is all that is known. */
	storage?: Storage;
	lock?: StorageLock;
	/** Everything that has to be on the disk afterwards. */
	parts: readonly Digest[];
};

/** `proven`: those that were read back, or were done before. `problem`: something cleaned the store meanwhile; else `refusal` says why not all are. */
type Stored = {proven: RelinkStep[]; problem?: Problem; refusal?: string};

/**
 * Stores what is missing, in order: what is done already is left alone, and what was stored is read back. Ends at the first that is
 * refused, and where something begins to clean the store.
 * @throws OperatorError effect.unknown | storage.* | registry.*
 */
export async function storeAgain(
	steps: readonly RelinkStep[],
	{storage, lock, parts}: Store,
	context: ActionContext,
): Promise<Stored> {
	const done: RelinkStep[] = [];
	const stored: RelinkStep[] = [];
	let refusal: string | undefined;
	const {look, glance} = createLookout(context);
	const [links, first] = await Promise.all([linksOf(steps, context), readFirst(steps, storage, context)]);

	for (const step of steps) {
		lock?.lost?.throwIfAborted();
		context.progress({label: 'stored', done: done.length + stored.length, total: steps.length});
		const began = await glance();
		if (began.length > 0) {
			return {proven: [...done, ...stored], problem: disturbedBy(began)};
		}

		if ((await stillDone(step, links, context)) !== 'yes') {
			const answer = await performRelink(step, {links, ...defined({storage, lock, first})}, context);
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
	const [running, unserved] = await Promise.all([look(), askAnew(stored, context)]);
	if (running.length > 0) {
		return {proven: [...done, ...stored], problem: disturbedBy(running)};
	}

	const others = parts.filter(part => !stored.some(({digest}) => digest === part));
	const served = stored.filter(step => !unserved.has(step));
	const [notOnDisk, taken] = await Promise.all([findOnDisk(served, context), goneFromDisk(others, context)]);
	const lost = new Map([...unserved, ...notOnDisk]);
	const proven = [...done, ...stored.filter(step => !lost.has(step))];
	const [problem = refusal] = lost.values();
	if (problem !== undefined) {
		return {proven, refusal: problem};
	}

	return taken.length > 0 ? {proven, problem: lackOf(taken)} : {proven};
}

function lackOf(taken: readonly Digest[]): Problem {
	return {
		code: 'storage.cleaned',
		message: `The disk has lost what the image needs since the scan: ${sayDigests(taken)}.`,
		hint: 'A collection or a script deleted it meanwhile. Suspend that first (the key u).',
	};
}

export function sayDigests(digests: readonly Digest[]): string {
	const name = shortDigest(digests[0]!);
	return digests.length === 1 ? name : `${name} and ${digests.length - 1} more`;
}
