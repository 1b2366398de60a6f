import {abortable} from '../../domain/abortable.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {ManifestAnswer, Registry} from '../ports/registry.ts';
import type {TagLink} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {ActionContext} from './action.ts';
import {digestIn, namesIn} from './manifest-answer.ts';

/** What is known of a repository's tags before it is asked for them. A tag that is not among them is not known. */
export type KnownTags = {
	tags: ReadonlyMap<string, TagLink>;
	/** The disk holds tags: if the registry does not list one of them, it may be another's disk. */
	isDisk: boolean;
};

type Knowing = Pick<ActionContext, 'ports' | 'signal' | 'log'> & {
	/** With new connections. */
	registry: Registry;
};

const tagsAtOnce = 8;
/** After its end a look is only this old for the last who goes by it: as long as a look at some hundred tags takes itself. */
const mostAgeMs = 5_000;

/**
 * Of a repository with thousands of tags most need not be asked for: those that named something else a moment ago. The disk tells, by one
 * command; without a disk, a look over HTTP at every tag, which items that begin within some seconds share.
 * @throws OperatorError registry.*
 */
export async function knownTags(repository: string, digest: Digest, knowing: Knowing): Promise<KnownTags> {
	const {ports, signal, log} = knowing;
	if (ports.storage !== undefined) {
		try {
			return {tags: await ports.storage.tagLinks(repository, digest, {signal}), isDisk: true};
		} catch (error) {
			signal.throwIfAborted();
			log(`The tags of ${repository} were not read from the disk: ${asOperatorError(error).message}`);
		}
	}

	const seen = await sharedLook(repository, knowing);
	const tags = new Map(
		[...seen].map(([tag, {names, below}]) => [tag, {digest: names, mayName: below.includes(digest)}]),
	);
	return {tags, isDisk: false};
}

/** @throws OperatorError registry.*: one of them cannot be read */
export async function askTags(
	registry: Registry,
	repository: string,
	tags: readonly string[],
	{signal}: Waiting,
): Promise<Map<string, ManifestAnswer>> {
	const answers = new Map<string, ManifestAnswer>();
	const queue = [...tags];
	await forEachConcurrently(
		() => queue.shift(),
		tagsAtOnce,
		async tag => {
			answers.set(tag, await registry.manifest(repository, tag, {signal}));
		},
	);
	return answers;
}

type SeenTags = ReadonlyMap<string, {names: Digest; below: readonly Digest[]}>;
type Look = {seen: Promise<SeenTags>; ended?: number};

/** By the registry of all items of a plan, and the repository. */
const looks = new WeakMap<Registry, Map<string, Look>>();

async function sharedLook(repository: string, {ports, signal, registry}: Knowing): Promise<SeenTags> {
	const {clock} = ports;
	const ofRegistry = looks.get(ports.registry) ?? new Map<string, Look>();
	looks.set(ports.registry, ofRegistry);
	for (;;) {
		const before = ofRegistry.get(repository);
		if (before === undefined || (before.ended !== undefined && clock.monotonic() - before.ended > mostAgeMs)) {
			break;
		}

		try {
			return await abortable(before.seen, signal);
		} catch {
			// It may have been cancelled with the item that took it.
			signal.throwIfAborted();
		}
	}

	const look: Look = {seen: seeTags(registry, repository, {signal})};
	ofRegistry.set(repository, look);
	try {
		return await look.seen;
	} catch (error) {
		if (ofRegistry.get(repository) === look) {
			ofRegistry.delete(repository);
		}

		throw error;
	} finally {
		look.ended = clock.monotonic();
	}
}

async function seeTags(registry: Registry, repository: string, {signal}: Waiting): Promise<SeenTags> {
	const answers = await askTags(registry, repository, (await registry.tags(repository, {signal})) ?? [], {signal});
	// What is not served is asked for again.
	return new Map(
		[...answers].flatMap(([tag, answer]) => {
			const names = digestIn(answer);
			return names === undefined ? [] : [[tag, {names, below: namesIn(answer)}]];
		}),
	);
}
