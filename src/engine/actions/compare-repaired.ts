import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import {type Comparison, compareToOriginal, sayComparison} from '../../domain/remedy/compare-to-original.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {ActionContext} from './action.ts';

/** More tags of one image than this are not asked for: the person waits. */
const mostTags = 50;

type Compared = {output: {platforms?: string[]; comparedToOriginal?: Comparison | null}; say: string[]};

/** What a check adds to its verdict: the platforms and, of an image that was repaired, what it is beside the original. */
export async function compareRepaired(
	registry: Registry,
	image: ImageReference,
	{check, platforms}: {check: ImageCheck; platforms: string[] | undefined},
	{original, changed, signal}: ActionContext,
): Promise<Compared> {
	const {digest, verdict, mediaType} = check;
	const known = platforms === undefined || verdict === 'unknown' ? {} : {platforms};
	if (original === undefined || !changed || verdict !== 'intact' || digest === undefined) {
		return {output: known, say: []};
	}

	const tags = await digestsOf(registry, image, original.tags, {signal});
	if (image.tag !== undefined) {
		tags.set(image.tag, digest);
	}

	const comparison = compareToOriginal(original, {digest, isIndex: isIndexType(mediaType), tags, ...known});
	return {output: {...known, comparedToOriginal: comparison ?? null}, say: sayComparison(comparison)};
}

/** What the tags name now; null: nothing. One that cannot be read is left out. */
async function digestsOf(
	registry: Registry,
	{repository, tag: own}: ImageReference,
	tags: readonly string[],
	{signal}: Waiting,
): Promise<Map<string, Digest | null>> {
	const found = new Map<string, Digest | null>();
	for (const tag of tags.filter(each => each !== own).slice(0, mostTags)) {
		try {
			const answer = await registry.manifest(repository, tag, {signal});
			if (answer.state === 'found' || answer.state === 'missing') {
				found.set(tag, answer.state === 'found' ? answer.digest : null);
			}
		} catch (error) {
			signal.throwIfAborted();
			asOperatorError(error);
			// It would not answer for the others either.
			break;
		}
	}

	return found;
}
