import type {Digest} from '../../../domain/image/digest.ts';
import {type ParsedManifest, parseManifest} from '../../../domain/image/manifest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';

/** The manifests of a listing, each parsed once: for its children, its config and the walk. */
export type ParsedManifests = {
	/** Undefined where its bytes were not read, or do not match. */
	get(digest: Digest): ParsedManifest | undefined;
	/** Of all that the listing keeps. */
	all(): Map<Digest, ParsedManifest>;
};

export function openParsed({manifests}: Pick<StorageListing, 'manifests'>): ParsedManifests {
	const parsed = new Map<Digest, ParsedManifest>();

	function get(digest: Digest): ParsedManifest | undefined {
		const body = manifests.get(digest);
		if (!body?.ok) {
			return undefined;
		}

		let found = parsed.get(digest);
		if (found === undefined) {
			found = parseManifest(body.text);
			parsed.set(digest, found);
		}

		return found;
	}

	return {
		get,
		all() {
			for (const digest of parsed.keys()) {
				if (!manifests.has(digest)) {
					parsed.delete(digest);
				}
			}

			for (const digest of manifests.keys()) {
				get(digest);
			}

			return parsed;
		},
	};
}
