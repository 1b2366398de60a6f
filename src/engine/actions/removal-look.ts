import type {Digest} from '../../domain/image/digest.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import {isAttachedTo} from '../../domain/remedy/removal.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {ManifestAnswer, Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

/** What a removal of one digest meets in its repository. */
type RemovalLook = {
	/** Every tag that names it. */
	tags: string[];
	/** Tags of indexes that name it as a child. */
	parents: string[];
	/** Tags of its signatures and referrers. */
	attached: string[];
	/** Every tag that is listed. */
	listed: string[];
};

const tagsAtOnce = 8;

/** Asks for every tag of the repository. Only reads. @throws OperatorError registry.*: one of them cannot be read */
export async function lookAround(
	registry: Registry,
	repository: string,
	digest: Digest | undefined,
	{signal}: Waiting,
): Promise<RemovalLook> {
	const listed = (await registry.tags(repository, {signal})) ?? [];
	const answers = new Map<string, ManifestAnswer>();
	const queue = digest === undefined ? [] : [...listed];
	await forEachConcurrently(
		() => queue.shift(),
		tagsAtOnce,
		async tag => {
			answers.set(tag, await registry.manifest(repository, tag, {signal}));
		},
	);
	const tagsWhere = (holds: (answer: ManifestAnswer, tag: string) => boolean) =>
		[...answers].flatMap(([tag, answer]) => (holds(answer, tag) ? [tag] : [])).sort();
	return {
		listed,
		tags: tagsWhere(answer => digestOf(answer) === digest),
		parents: tagsWhere(answer => childrenOf(answer).some(child => child === digest)),
		attached: tagsWhere(
			(answer, tag) => digest !== undefined && (isAttachedTo(tag, digest) || subjectOf(answer) === digest),
		),
	};
}

/** Also of a tag whose manifest is gone. */
function digestOf(answer: ManifestAnswer): Digest | undefined {
	return answer.state === 'found' ? answer.digest : answer.state === 'missing' ? answer.revision : undefined;
}

function manifestIn(answer: ManifestAnswer) {
	const parsed =
		answer.state === 'found' ? parseManifest(new TextDecoder().decode(answer.bytes), answer.mediaType) : undefined;
	return parsed?.ok ? parsed.manifest : undefined;
}

function childrenOf(answer: ManifestAnswer): Digest[] {
	const manifest = manifestIn(answer);
	return manifest?.kind === 'index' ? manifest.children.map(({digest}) => digest) : [];
}

function subjectOf(answer: ManifestAnswer): Digest | undefined {
	return manifestIn(answer)?.subject?.digest;
}
