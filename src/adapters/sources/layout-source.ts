import {defined} from '../../domain/defined.ts';
import {type Digest, digestAlgorithm, digestHex, isDigest} from '../../domain/image/digest.ts';
import type {SoughtPart, Source} from '../../engine/ports/source.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {sourceGone, sourceUnreadable} from './errors.ts';
import {type LayoutFiles, layoutHint, openLayout} from './layout-files.ts';
import {wholeManifest} from './whole-manifest.ts';

/** @see OCI image-spec, image-layout.md and annotations.md */
const refName = 'org.opencontainers.image.ref.name';
/** The whole reference, beside which `ref.name` is the tag alone. @see containerd images/annotations.go; `docker save` writes both */
const imageName = 'io.containerd.image.name';
/** An index names images, not their layers: bytes. */
const longestIndex = 16 * 1024 * 1024;

type Entry = {digest?: unknown; annotations?: Record<string, unknown>};

/**
 * An OCI layout on this machine: a folder, as `skopeo copy --all … oci:FOLDER` writes it, or a tar archive of one, as
 * `oci-archive:FILE` and `docker save` do.
 */
export function createLayoutSource({name, place}: {name: string; place: string}): Source {
	let opened: Promise<LayoutFiles> | undefined;

	function files(): Promise<LayoutFiles> {
		opened ??= openLayout(place).catch(error => {
			opened = undefined;
			throw error;
		});
		return opened;
	}

	async function isHeld({digest, size}: SoughtPart, waiting: Waiting): Promise<boolean> {
		const found = await (await files()).size(fileOf(digest), waiting);
		return found !== undefined && (size === undefined || found === size);
	}

	/** @throws OperatorError source.unreadable */
	async function entries(waiting: Waiting): Promise<Entry[]> {
		const layout = await files();
		const size = await layout.size('index.json', waiting);
		try {
			if (size === undefined || size > longestIndex) {
				throw new Error(size === undefined ? 'there is none' : `it has ${size} bytes`);
			}

			const chunks: Uint8Array[] = [];
			for await (const chunk of layout.read('index.json', waiting)) {
				chunks.push(chunk);
			}

			const index = JSON.parse(Buffer.concat(chunks).toString()) as {manifests?: Entry[]} | null;
			return Array.isArray(index?.manifests) ? index.manifests : [];
		} catch (error) {
			waiting.signal.throwIfAborted();
			throw sourceUnreadable(place, `it has no index.json that can be read (${(error as Error).message})`, layoutHint);
		}
	}

	return {
		name,
		place,
		async holds(parts, waiting) {
			await entries(waiting);
			const held = await Promise.all(parts.map(part => isHeld(part, waiting)));
			return new Set(parts.filter((_, at) => held[at]).map(({digest}) => digest));
		},
		manifest: async (part, waiting) =>
			(await isHeld(part, waiting))
				? wholeManifest(part.digest, (await files()).read(fileOf(part.digest), waiting))
				: undefined,
		async *stream({digest}, waiting) {
			try {
				yield* (await files()).read(fileOf(digest), waiting);
			} catch (error) {
				waiting.signal.throwIfAborted();
				throw sourceGone(digest, place, (error as Error).message);
			}
		},
		async tag(repository, tag, waiting) {
			const found = (await entries(waiting)).filter(({annotations = {}}) => isNamed(annotations, repository, tag));
			const digests = new Set(found.map(({digest}) => digest));
			const [digest] = digests;
			if (digests.size !== 1 || typeof digest !== 'string' || !isDigest(digest)) {
				return undefined;
			}

			return {digest, ...defined({setBy: await (await files()).written()})};
		},
		async check(waiting) {
			const {kind} = await files();
			return `${place} is an OCI layout in a ${kind} with ${(await entries(waiting)).length} images`;
		},
		async close() {
			await (await opened?.catch(() => undefined))?.close();
		},
	};
}

function fileOf(digest: Digest): string {
	return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function isNamed(annotations: Record<string, unknown>, repository: string, tag: string): boolean {
	const whole = `${repository}:${tag}`;
	const [full, short] = [annotations[imageName], annotations[refName]];
	const isWhole = (text: unknown) => typeof text === 'string' && (text === whole || text.endsWith(`/${whole}`));
	return isWhole(full) || isWhole(short) || (full === undefined && short === tag);
}
