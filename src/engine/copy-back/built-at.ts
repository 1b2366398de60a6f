import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {type Descriptor, parseManifest, references} from '../../domain/image/manifest.ts';
import {roleOfChild} from '../../domain/image/media-type.ts';
import type {Source} from '../ports/source.ts';
import type {Waiting} from '../ports/waiting.ts';

/** An index of an index is the deepest that builders write. */
const mostLevels = 3;
/** A config that is longer is not read for its time. Bytes. */
const longestConfig = 1024 * 1024;
/** Builds that are to be reproducible write a time from before there were containers. */
const firstYear = 2013;

/**
 * When a source's image was built, as the config of its first platform says. A hint for people: its bytes are not hashed.
 * @returns ISO 8601, in UTC; undefined: it does not say
 */
export async function builtAt(
	source: Source,
	{repository, digest}: {repository: string; digest: Digest},
	{signal}: Waiting,
): Promise<string | undefined> {
	try {
		let top = digest;
		for (let level = 0; level < mostLevels; level++) {
			const bytes = await source.manifest({repository, digest: top, kind: 'manifest'}, {signal});
			const parsed = bytes && parseManifest(new TextDecoder().decode(bytes));
			if (!parsed?.ok) {
				return undefined;
			}

			const {manifest} = parsed;
			if (manifest.kind === 'image') {
				return manifest.config && (await createdIn(source, repository, manifest.config, {signal}));
			}

			const child = references(manifest).find(each => roleOfChild(each) === 'manifest');
			if (child === undefined) {
				return undefined;
			}

			top = child.digest;
		}
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
	}

	return undefined;
}

async function createdIn(
	source: Source,
	repository: string,
	{digest, size}: Descriptor,
	waiting: Waiting,
): Promise<string | undefined> {
	if (size > longestConfig) {
		return undefined;
	}

	const decoder = new TextDecoder();
	let text = '';
	for await (const piece of source.stream({repository, digest, kind: 'blob', size}, waiting)) {
		text += decoder.decode(piece, {stream: true});
	}

	return timeIn(text);
}

function timeIn(config: string): string | undefined {
	let created: unknown;
	try {
		created = JSON.parse(config)?.created;
	} catch {
		return undefined;
	}

	const at = typeof created === 'string' ? new Date(created) : new Date(Number.NaN);
	return at.getUTCFullYear() >= firstYear ? at.toISOString() : undefined;
}
