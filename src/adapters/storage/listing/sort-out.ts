import type {Digest} from '../../../domain/image/digest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';
import type {ParsedManifests} from './parsed-manifests.ts';

/**
 * Keeps what was read and is a manifest: what is referenced as one, and what reads as one although nothing references it, as
 * after the loss of a repository. @returns the configs that the latter need, as far as they were read
 */
export function sortOut(
	{manifests}: StorageListing,
	referenced: ReadonlySet<Digest>,
	parsed: ParsedManifests,
): Map<Digest, string> {
	const others = [...manifests].filter(([digest]) => !referenced.has(digest));
	const found: Digest[] = [];
	for (const [digest, body] of others) {
		if (body.ok && looksLikeManifest.test(body.text) && parsed.get(digest)?.ok) {
			found.push(digest);
		} else {
			manifests.delete(digest);
		}
	}

	const read = new Map(others.flatMap(([digest, body]) => (body.ok ? [[digest, body.text] as const] : [])));
	const configs = new Map<Digest, string>();
	const seen = new Set(found);
	for (const digest of seen) {
		const body = parsed.get(digest);
		const {manifest} = body?.ok ? body : {};
		if (manifest?.kind === 'index') {
			for (const child of manifest.children) {
				// A set is iterated over what is added meanwhile, too.
				seen.add(child.digest);
			}
		} else if (manifest?.config !== undefined && read.has(manifest.config.digest)) {
			configs.set(manifest.config.digest, read.get(manifest.config.digest)!);
		}
	}

	return configs;
}

/** Every manifest has one of these keys, with a list; an image config has none of them. */
const looksLikeManifest = /"(?:manifests|layers|blobs)"\s*:\s*\[/;
