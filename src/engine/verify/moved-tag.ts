import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {ManifestAnswer} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

type TagRequest = Waiting & {
	reference: ImageReference;
	/** What the tag resolved to when the walk began. */
	first: ManifestAnswer;
	ask: () => Promise<ManifestAnswer>;
};

/**
 * A push during a walk may remove parts of the old image: their absence says nothing about what the tag resolves to now.
 * So the tag is requested again before its image is called broken.
 */
export async function unlessMoved(check: ImageCheck, {reference, first, ask, signal}: TagRequest): Promise<ImageCheck> {
	const again = await askAgain(ask, signal);

	if (again === undefined || isSame(first, again)) {
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
		message: `${formatReference(reference)} moved while it was checked.`,
		hint: 'Someone is pushing to this tag. Verify it again.',
	};
}

/** The registry served this manifest a moment ago, so its failures say nothing about the parts either. */
function failing({host}: ImageReference, detail: string): Reason {
	return {
		code: 'registry.failing',
		message: `${host} began to fail during the check: ${detail}.`,
		hint: 'Read the registry’s log for the cause.',
	};
}

/** Undefined: no answer, which takes nothing away from the answers before. */
async function askAgain(ask: () => Promise<ManifestAnswer>, signal: AbortSignal): Promise<ManifestAnswer | undefined> {
	try {
		return await ask();
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	}
}

function isSame(first: ManifestAnswer, again: ManifestAnswer): boolean {
	return first.state === 'found' && again.state === 'found'
		? first.digest === again.digest
		: first.state === again.state;
}
