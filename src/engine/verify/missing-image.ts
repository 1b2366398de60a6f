import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered} from '../../domain/image/verdict.ts';
import type {ManifestAnswer} from '../ports/registry.ts';

const tagsNamed = 5;

type ListTags = () => Promise<ReadonlySet<string> | undefined>;

/**
 * The check of an image whose top manifest the registry does not serve: a tag that is listed all the same is broken.
 * @throws OperatorError image.absent, and whatever keeps the registry from listing its tags
 */
export async function checkMissingImage(
	reference: ImageReference,
	answer: Exclude<ManifestAnswer, {state: 'found'}>,
	{listTags, isCache}: {listTags: ListTags; isCache: boolean},
): Promise<ImageCheck> {
	const {digest} = reference;
	if (isCache && answer.state === 'missing') {
		return unanswered(reference, notCached(reference, answer.status));
	}

	return {
		reference: formatReference(reference),
		...defined({digest}),
		verdict: 'broken',
		checked: {manifests: 1, blobs: 0},
		faults: [await faultOf(reference, answer, listTags)],
		unchecked: [],
		children: [],
	};
}

async function faultOf(
	reference: ImageReference,
	answer: Exclude<ManifestAnswer, {state: 'found'}>,
	listTags: ListTags,
): Promise<Fault> {
	// A registry that fails on every request fails on this list as well; that says nothing about the image.
	const tags = await listTags();
	const {digest} = reference;
	const {state, status, detail} = answer;

	if (answer.state !== 'missing') {
		const kind = state === 'unreadable' ? 'manifest-unreadable' : 'part-unserved';
		return {kind, ...defined({digest}), via: [], status, detail};
	}

	if (digest === undefined && tags?.has(target(reference))) {
		const {revision} = answer;
		return revision === undefined
			? {kind: 'tag-dangling', via: [], status, detail}
			: {kind: 'tag-dangling', digest: revision, via: [], status, detail: `${detail}: the tag names ${revision}`};
	}

	throw absent(reference, tags);
}

/**
 * A cache answers 404 for what it has not fetched while its upstream refuses (429) or is down, as for what upstream lacks.
 * @see distribution v2.8.3 and v3.1.1 registry/proxy/proxytagservice.go; recorded of both
 */
function notCached({host}: ImageReference, status: number): Reason {
	return {
		code: 'registry.upstream',
		message: `${host} is a pull-through cache, and does not have it (${status}): its upstream refuses, is down, or does not have it either.`,
		hint: 'Ask the upstream itself for the image. Nothing in the cache is damaged by that.',
	};
}

function absent(reference: ImageReference, tags: ReadonlySet<string> | undefined): OperatorError {
	if (tags === undefined) {
		return new OperatorError('image.absent', `${reference.host} has no repository ${reference.repository}.`, {
			hint: 'Check the spelling. If the registry lists no repositories at all, it serves the wrong store.',
			exit: 'failed',
		});
	}

	return new OperatorError('image.absent', `${formatReference(reference)} does not exist.`, {
		hint: `The repository has ${tags.size === 0 ? 'no tags' : some(tags)}.`,
		exit: 'failed',
	});
}

function some(tags: ReadonlySet<string>): string {
	const first = [...tags].sort().slice(0, tagsNamed).join(', ');
	if (tags.size > tagsNamed) {
		return `${first} and ${tags.size - tagsNamed} more tags`;
	}

	return tags.size === 1 ? `only the tag ${first}` : `the tags ${first}`;
}
