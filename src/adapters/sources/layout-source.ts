import {createReadStream} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, digestAlgorithm, digestHex, isDigest} from '../../domain/image/digest.ts';
import type {SoughtPart, Source} from '../../engine/ports/source.ts';
import {sourceGone, sourceUnreadable} from './errors.ts';
import {wholeManifest} from './whole-manifest.ts';

/** @see OCI image-spec, image-layout.md and annotations.md */
const refName = 'org.opencontainers.image.ref.name';

type Entry = {digest?: unknown; annotations?: Record<string, unknown>};

/** An OCI layout in a folder of this machine, as `skopeo copy --all … oci:FOLDER` writes it. */
export function createLayoutSource({name, folder}: {name: string; folder: string}): Source {
	const fileOf = (digest: Digest) => path.join(folder, 'blobs', digestAlgorithm(digest), digestHex(digest));

	async function isHeld({digest, size}: SoughtPart): Promise<boolean> {
		const file = await stat(fileOf(digest)).catch(() => undefined);
		return file?.isFile() === true && (size === undefined || file.size === size);
	}

	/** @throws OperatorError source.unreadable */
	async function entries(): Promise<Entry[]> {
		try {
			const index = JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8')) as {manifests?: Entry[]};
			return Array.isArray(index.manifests) ? index.manifests : [];
		} catch (error) {
			const why = `it has no index.json that can be read (${(error as Error).message})`;
			throw sourceUnreadable(folder, why, 'Name the folder of an OCI layout: the one with oci-layout and blobs/.');
		}
	}

	return {
		name,
		place: folder,
		async holds(parts) {
			await entries();
			const held = await Promise.all(parts.map(isHeld));
			return new Set(parts.filter((_, at) => held[at]).map(({digest}) => digest));
		},
		manifest: async part =>
			(await isHeld(part)) ? wholeManifest(part.digest, createReadStream(fileOf(part.digest))) : undefined,
		async *stream({digest}, {signal}) {
			try {
				yield* createReadStream(fileOf(digest), {signal}) as AsyncIterable<Uint8Array>;
			} catch (error) {
				signal.throwIfAborted();
				throw sourceGone(digest, folder, (error as Error).message);
			}
		},
		async tag(repository, tag) {
			const isNamed = (text: unknown) =>
				text === tag ||
				text === `${repository}:${tag}` ||
				(typeof text === 'string' && text.endsWith(`/${repository}:${tag}`));
			const found = (await entries()).filter(({annotations}) => isNamed(annotations?.[refName]));
			const digests = new Set(found.map(({digest}) => digest));
			const [digest] = digests;
			return digests.size === 1 && typeof digest === 'string' && isDigest(digest) ? digest : undefined;
		},
		async check() {
			return `${folder} is an OCI layout with ${(await entries()).length} images`;
		},
		async close() {},
	};
}
