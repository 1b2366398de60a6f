import type {Digest} from '../../domain/image/digest.ts';
import type {Source} from '../../engine/ports/source.ts';
import {sourceGone} from './errors.ts';
import {wholeManifest} from './whole-manifest.ts';

/** The manifests that an incident kept before it removed their image. It has no blobs. @param manifests in base64 */
export function createKeptSource({name, manifests}: {name: string; manifests: ReadonlyMap<Digest, string>}): Source {
	return {
		name,
		place: `the journal of ${name}`,
		holds: async parts =>
			new Set(parts.filter(({digest, kind}) => kind === 'manifest' && manifests.has(digest)).map(({digest}) => digest)),
		async manifest({digest}) {
			const base64 = manifests.get(digest);
			return base64 === undefined ? undefined : wholeManifest(digest, [Buffer.from(base64, 'base64')]);
		},
		// biome-ignore lint/correctness/useYield: it holds no blob
		async *stream({digest}) {
			throw sourceGone(digest, name, 'it has only manifests');
		},
		tag: async () => undefined,
		check: async () => `${name} has ${manifests.size} manifests`,
		async close() {},
	};
}
