import {defined} from '../../defined.ts';
import type {Digest} from '../../image/digest.ts';
import {type Manifest, platformName, references} from '../../image/manifest.ts';
import {isRunnable, runnableChildren} from '../../image/purpose.ts';
import {readImageConfig} from '../../remedy/image-config.ts';
import {isoTime} from '../listing/times.ts';
import type {StorageGraph} from '../walk/graph.ts';
import {manifestOf, manifestsBelow} from './roots.ts';

/** What an image is, as far as its bytes tell: a name is not among them. Times are ISO 8601, UTC. */
export type UnlinkedImage = {
	form: 'index' | 'image' | 'artifact';
	/** Of an artifact. */
	type?: string;
	platforms: string[];
	/** By its newest config. */
	built?: string;
	/** When its manifest was written. Absent where the disk cannot tell. */
	stored?: string;
	/** Of all its parts that are on the disk. */
	bytes: number;
};

export function describeUnlinked(graph: StorageGraph, digest: Digest): UnlinkedImage {
	const {configs, blobs, preciseTimes} = graph.listing;
	const root = manifestOf(graph, digest)!;
	const below = [...manifestsBelow(graph, digest).values()];
	const known = below.flatMap(manifest => {
		const config = manifest.kind === 'image' ? manifest.config : undefined;
		const text = config && configs?.get(config.digest);
		return text === undefined ? [] : [readImageConfig(new TextEncoder().encode(text))];
	});
	const named =
		root.kind === 'index'
			? runnableChildren(root).flatMap(child => platformName(child) ?? [])
			: known.flatMap(({platform}) => platform ?? []);
	const stored = blobs.get(digest)?.changed;
	return {
		...formOf(graph, root),
		platforms: [...new Set(named)],
		...defined({
			built: known
				.flatMap(({built}) => built ?? [])
				.sort()
				.at(-1),
			stored: stored === undefined || preciseTimes === false ? undefined : isoTime(stored),
		}),
		bytes: [...partsBelow(graph, digest)].reduce((sum, part) => sum + (blobs.get(part)?.size ?? 0), 0),
	};
}

function formOf(graph: StorageGraph, root: Manifest): Pick<UnlinkedImage, 'form' | 'type'> {
	if (isRunnable(root, ({digest}) => manifestOf(graph, digest))) {
		return {form: root.kind};
	}

	const config = root.kind === 'image' ? root.config?.mediaType : undefined;
	return {form: 'artifact', ...defined({type: root.artifactType ?? config})};
}

/** The manifest itself and everything that it needs, each once. */
function partsBelow(graph: StorageGraph, root: Digest): Set<Digest> {
	const parts = new Set<Digest>([root]);
	for (const [digest, manifest] of manifestsBelow(graph, root)) {
		parts.add(digest);
		for (const part of references(manifest)) {
			parts.add(part.digest);
		}
	}

	return parts;
}
