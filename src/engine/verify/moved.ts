import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck, Unchecked} from '../../domain/image/verdict.ts';
import type {ManifestAnswer} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

type Reason = Pick<Unchecked, 'code' | 'message' | 'hint'>;

/**
 * A push in the middle of a walk makes the old image's parts vanish. What was then found says nothing about the tag, so a
 * tag is asked again before anything is called broken.
 */
export async function unlessMoved(
	check: ImageCheck,
	reference: ImageReference,
	first: ManifestAnswer,
	ask: () => Promise<ManifestAnswer>,
	waiting: Waiting,
): Promise<ImageCheck> {
	if (check.faults.length === 0 || reference.digest !== undefined) {
		return check;
	}

	const again = await askAgain(ask, waiting);

	if (again === undefined || namesTheSame(first, again)) {
		return check;
	}

	return {
		...check,
		verdict: 'unknown',
		faults: [],
		unchecked: [
			...check.unchecked,
			{via: [], ...(again.state === 'unreadable' ? failing(reference, again.detail) : moved(reference))},
		],
		children: check.children.map(child =>
			child.verdict === 'broken' ? {...child, verdict: 'unknown' as const} : child,
		),
	};
}

function moved(reference: ImageReference): Reason {
	return {
		code: 'tag-moved',
		message: `${formatReference(reference)} was changed while it was checked.`,
		hint: 'Somebody is pushing it: verify it again.',
	};
}

/** What it served a moment ago it cannot have lost together with the parts. */
function failing({host}: ImageReference, detail: string): Reason {
	return {
		code: 'registry.failing',
		message: `${host} began to fail while it was asked: ${detail}.`,
		hint: 'The registry’s log says why.',
	};
}

/** No answer now takes nothing away from the answers before. */
async function askAgain(ask: () => Promise<ManifestAnswer>, waiting: Waiting): Promise<ManifestAnswer | undefined> {
	try {
		return await ask();
	} catch (error) {
		waiting.signal.throwIfAborted();

		if (error instanceof OperatorError) {
			return undefined;
		}

		throw error;
	}
}

function namesTheSame(first: ManifestAnswer, again: ManifestAnswer): boolean {
	return first.state === 'found' && again.state === 'found'
		? first.digest === again.digest
		: first.state === again.state;
}
