import {OperatorError} from '../../domain/errors.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import type {PathState} from '../../domain/storage/listing/listing.ts';
import {blobData, revisionLink} from '../../domain/storage/listing/paths.ts';
import type {ActionContext} from './action.ts';
import {isServed, linkOf} from './links.ts';

/**
 * Reads back what was stored: over new connections, with its bytes; then its files on the disk.
 * @returns why each of the steps that are not proven is not
 * @throws OperatorError effect.unknown, where the disk cannot be read; registry.* | storage.*
 */
export async function readBack(steps: readonly RelinkStep[], context: ActionContext): Promise<Map<RelinkStep, string>> {
	const lost = await askAnew(steps, context);
	const served = steps.filter(step => !lost.has(step));
	return new Map([...lost, ...(await findOnDisk(served, context))]);
}

/**
 * Asks for what was stored over new connections, with its bytes. The registry's 201 proves nothing: it treats a push of what it
 * remembers as known, and stores no file.
 * @returns why each of the steps that it does not serve is not proven
 * @throws OperatorError registry.*
 */
export async function askAnew(
	steps: readonly RelinkStep[],
	{ports, signal}: ActionContext,
): Promise<Map<RelinkStep, string>> {
	const lost = new Map<RelinkStep, string>();
	if (steps.length === 0) {
		return lost;
	}

	const registry = ports.registry.fresh();
	try {
		for (const step of steps) {
			if (!(await isServed(step, registry, {signal}))) {
				lost.set(step, sayUnserved(step));
			}
		}
	} finally {
		await registry.close();
	}

	return lost;
}

/**
 * Reads back the files of what was stored, in one command, where a disk is configured. That the registry serves something is no
 * proof: it serves what it remembers without a link.
 * @returns why each of the steps that are not proven is not
 * @throws OperatorError effect.unknown, where the disk cannot be read; storage.*
 */
export async function findOnDisk(
	steps: readonly RelinkStep[],
	{ports: {storage}, signal}: ActionContext,
): Promise<Map<RelinkStep, string>> {
	const lost = new Map<RelinkStep, string>();
	if (steps.length === 0) {
		return lost;
	}

	const states = await storage?.recheck([...new Set(steps.flatMap(filesOf))], {signal});
	for (const step of states === undefined ? [] : steps) {
		const wrong = filesOf(step).find(path => !isThere(path, step, states!.get(path)));
		if (wrong !== undefined && (states!.get(wrong)?.state ?? 'unread') === 'unread') {
			throw unread(wrong, storage!.place);
		}

		if (wrong !== undefined) {
			lost.set(step, sayNotOnDisk(step, wrong, storage!.place));
		}
	}

	return lost;
}

/** The files that one step leaves on the disk, its own link first. */
function filesOf(step: RelinkStep): string[] {
	const {repository, digest, kind} = step;
	const revision = kind === 'restore-tag' ? [revisionLink(repository, digest)] : [];
	return [linkOf(step), ...revision, blobData(digest)];
}

function isThere(path: string, step: RelinkStep, state: PathState | undefined): boolean {
	if (state?.state !== 'there' || state.is !== undefined) {
		return false;
	}

	const isData = path === blobData(step.digest);
	const size = isData ? ('size' in step ? step.size : undefined) : step.digest.length;
	return size === undefined ? state.size > 0 : state.size === size;
}

export function nameOf(step: RelinkStep): string {
	return step.kind === 'restore-tag' ? step.tag : step.digest;
}

export function sayUnserved(step: RelinkStep): string {
	return `The registry stored ${nameOf(step)} and does not serve it: it answers from memory. Restart it, or delete its keys where its cache is in Redis, then try again.`;
}

function sayNotOnDisk(step: RelinkStep, path: string, place: string): string {
	const what = step.kind === 'restore-tag' ? step.tag : shortDigest(step.digest);
	return `The registry serves ${what} and its disk does not hold it: ${place} has no whole ${path}. Check that nothing removes files there now, and that it is this registry’s storage; then scan again.`;
}

function unread(path: string, place: string): OperatorError {
	return new OperatorError(
		'effect.unknown',
		`What was stored could not be read back: ${place} does not tell whether it has ${path}.`,
		{hint: 'Let this user read the whole storage, then look again.', exit: 'indeterminate'},
	);
}
