import {OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, target} from '../../domain/reference.ts';
import type {ImageCheck} from '../../domain/verdict.ts';
import type {ManifestAnswer, Registry, Waiting} from '../ports.ts';

/**
 * A push in the middle of a walk makes the old image's parts vanish. What was then found says nothing about the tag, so a
 * tag is asked again before anything is called broken.
 */
export async function unlessMoved(
	check: ImageCheck,
	registry: Registry,
	reference: ImageReference,
	first: ManifestAnswer,
	waiting: Waiting,
): Promise<ImageCheck> {
	if (check.faults.length === 0 || reference.digest !== undefined) {
		return check;
	}

	const again = await askAgain(registry, reference, waiting);

	if (again === undefined || namesTheSame(first, again)) {
		return check;
	}

	return {
		...check,
		verdict: 'unknown',
		faults: [],
		unchecked: [
			...check.unchecked,
			{
				via: [],
				code: 'tag-moved',
				message: `${formatReference(reference)} was changed while it was checked.`,
				hint: 'Somebody is pushing it: verify it again.',
			},
		],
		children: check.children.map(child =>
			child.verdict === 'broken' ? {...child, verdict: 'unknown' as const} : child,
		),
	};
}

/** No answer now takes nothing away from the answers before. */
async function askAgain(
	registry: Registry,
	reference: ImageReference,
	waiting: Waiting,
): Promise<ManifestAnswer | undefined> {
	try {
		return await registry.manifest(reference.repository, target(reference), waiting);
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
