import type {Digest} from '../../domain/image/digest.ts';
import {isAttachedTo} from '../../domain/remedy/removal.ts';
import type {ManifestAnswer, Registry} from '../ports/registry.ts';
import type {ActionContext} from './action.ts';
import {askTags, type KnownTags, knownTags} from './known-tags.ts';
import {childrenIn, digestIn, subjectIn} from './manifest-answer.ts';

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

/**
 * Lists the tags of the repository, and asks for each that may name the digest: not for those that name something else, as far as that is
 * known. Only reads.
 * @param registry with new connections
 * @throws OperatorError registry.*: one of them cannot be read
 */
export async function lookAround(
	registry: Registry,
	repository: string,
	digest: Digest | undefined,
	context: Pick<ActionContext, 'ports' | 'signal' | 'log'>,
): Promise<RemovalLook> {
	const {signal} = context;
	if (digest === undefined) {
		const listed = (await registry.tags(repository, {signal})) ?? [];
		return {listed, tags: [], parents: [], attached: []};
	}

	const known = await knownTags(repository, digest, {...context, registry});
	// After it: a tag that was added meanwhile is not known, and asked for.
	const listed = (await registry.tags(repository, {signal})) ?? [];
	const answers = await askFew(registry, repository, listed, {digest, known, signal});
	const tagsWhere = (holds: (answer: ManifestAnswer, tag: string) => boolean) =>
		[...answers].flatMap(([tag, answer]) => (holds(answer, tag) ? [tag] : [])).sort();
	return {
		listed,
		tags: tagsWhere(answer => digestIn(answer) === digest),
		parents: tagsWhere(answer => childrenIn(answer).some(child => child === digest)),
		attached: tagsWhere((answer, tag) => isAttachedTo(tag, digest) || subjectIn(answer) === digest),
	};
}

/** Where the disk turns out not to be what the registry serves, all are asked for. */
async function askFew(
	registry: Registry,
	repository: string,
	listed: readonly string[],
	{digest, known, signal}: {digest: Digest; known: KnownTags; signal: AbortSignal},
): Promise<Map<string, ManifestAnswer>> {
	const {tags, isDisk} = known;
	const isRuledOut = (tag: string) => {
		const told = tags.get(tag);
		return told !== undefined && told.digest !== digest && !told.mayName && !isAttachedTo(tag, digest);
	};
	const names = new Set(listed);
	if (isDisk && [...tags.keys()].some(tag => !names.has(tag))) {
		return askTags(registry, repository, listed, {signal});
	}

	const few = await askTags(
		registry,
		repository,
		listed.filter(tag => !isRuledOut(tag)),
		{signal},
	);
	const differs = [...few].some(([tag, answer]) => {
		const [told, is] = [tags.get(tag)?.digest, digestIn(answer)];
		return told !== undefined && is !== undefined && told !== is;
	});
	if (!isDisk || !differs) {
		return few;
	}

	const rest = await askTags(
		registry,
		repository,
		listed.filter(tag => !few.has(tag)),
		{signal},
	);
	return new Map([...few, ...rest]);
}
