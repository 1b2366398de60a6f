import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Witness} from '../../domain/remedy/witnesses.ts';
import type {SoughtPart, Source} from '../ports/source.ts';
import type {Waiting} from '../ports/waiting.ts';
import {builtAt} from './built-at.ts';

/** Asks every source at once. One that fails is not asked again: what it holds is not known. */
export function createAsking(sources: readonly Source[], {signal}: Waiting) {
	const silent = new Map<string, string>();

	async function attempt<Result>(source: Source, ask: () => Promise<Result>): Promise<Result | undefined> {
		if (silent.has(source.name)) {
			return undefined;
		}

		try {
			return await ask();
		} catch (error) {
			signal.throwIfAborted();
			silent.set(source.name, asOperatorError(error).message);
			return undefined;
		}
	}

	async function ask(source: Source, repository: string, tag: string): Promise<Witness | undefined> {
		const named = await source.tag(repository, tag, {signal});
		if (named === undefined) {
			return undefined;
		}

		const built = await builtAt(source, {repository, digest: named.digest}, {signal});
		return {source: source.name, ...named, ...defined({built})};
	}

	return {
		silent: () => [...silent].map(([source, why]) => ({source, why})),

		/** The sources that hold each part, in their order. */
		async holders(parts: readonly SoughtPart[]): Promise<Map<Digest, Source[]>> {
			const answers =
				parts.length === 0
					? []
					: await Promise.all(sources.map(source => attempt(source, () => source.holds(parts, {signal}))));
			return new Map(parts.map(({digest}) => [digest, sources.filter((_, at) => answers[at]?.has(digest))]));
		},

		/** From the first source that has it whole, and those that still count as holders. */
		async manifest(part: SoughtPart, holders: readonly Source[]): Promise<{bytes?: Uint8Array; holders: Source[]}> {
			for (const [at, source] of holders.entries()) {
				const bytes = await attempt(source, () => source.manifest(part, {signal}));
				if (bytes !== undefined) {
					return {bytes, holders: holders.slice(at)};
				}
			}

			return {holders: []};
		},

		/** What each source says that a tag names, and since when; a source that has no such tag says nothing. */
		async witnesses(repository: string, tag: string): Promise<Witness[]> {
			const said = await Promise.all(sources.map(source => attempt(source, () => ask(source, repository, tag))));
			return said.filter(witness => witness !== undefined);
		},
	};
}

export type Asking = ReturnType<typeof createAsking>;
