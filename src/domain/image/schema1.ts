import * as v from 'valibot';
import {type Digest, isDigest} from './digest.ts';
import type {Descriptor, ImageManifest} from './manifest.ts';
import {mediaTypes} from './media-type.ts';

const schema1 = v.object({
	schemaVersion: v.literal(1),
	fsLayers: v.array(v.object({blobSum: v.pipe(v.string(), v.guard(isDigest, 'not a digest'))})),
});

/**
 * Reads a schema 1 manifest, which registry 2.8 still serves. It references its layers without their sizes.
 * @param sizeOf bytes of a layer, as the store has them
 */
export function readSchema1(source: string, sizeOf: (digest: Digest) => number): ImageManifest | undefined {
	let json: unknown;
	try {
		json = JSON.parse(source);
	} catch {
		return undefined;
	}

	const parsed = v.safeParse(schema1, json);
	const layers = (parsed.success ? parsed.output.fsLayers : []).map(
		({blobSum}): Descriptor => ({digest: blobSum, size: sizeOf(blobSum)}),
	);
	return parsed.success ? {kind: 'image', mediaType: mediaTypes.dockerSchema1, layers} : undefined;
}
