import type {Digest} from '../../../domain/image/digest.ts';
import type {ParsedManifest} from '../../../domain/image/manifest.ts';
import {parseConfig} from '../../../domain/image/pullable/config-document.ts';
import {type ConfigFact, configFact} from '../../../domain/image/pullable/judge-config.ts';
import {unpackedLayers} from '../../../domain/image/pullable/judge-manifest.ts';
import type {StorageListing} from '../../../domain/storage/listing/listing.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readInto} from './read-files.ts';

/** A few seconds of reading. A larger store has the others read over HTTP, by verify and probe. */
const mostConfigs = 20_000;
const mostBytes = 64 * 1024 * 1024;
const largestConfig = 4 * 1024 * 1024;

/** Reads the configs of the images that clients unpack, in one more command: whole data may still be no image's config. */
export async function readConfigs(
	listing: StorageListing,
	{parsed, ...where}: Waiting & {shell: Shell; parsed: ReadonlyMap<Digest, ParsedManifest>},
): Promise<Pick<StorageListing, 'imageConfigs' | 'configsUnread' | 'parsed'>> {
	const all = configsOf(parsed, listing);
	const wanted = all.filter(digest => listing.blobs.get(digest)!.size <= largestConfig).slice(0, mostConfigs);
	let bytes = 0;
	const few = wanted.filter(digest => {
		bytes += listing.blobs.get(digest)!.size;
		return bytes <= mostBytes;
	});
	const read: StorageListing = {...listing, manifests: new Map(), gaps: []};
	if (few.length > 0) {
		await readInto(read, {...where, links: [], manifests: few});
	}

	const imageConfigs = new Map<Digest, ConfigFact | 'corrupt'>();
	for (const [digest, body] of read.manifests) {
		if (listing.blobs.get(digest)!.size > 0) {
			imageConfigs.set(digest, body.ok ? configFact(parseConfig(Buffer.from(body.text))) : 'corrupt');
		} else {
			imageConfigs.set(digest, configFact(parseConfig(new Uint8Array())));
		}
	}

	listing.gaps.push(...read.gaps.map(gap => gap.replace('blobs that may be manifests', 'configs of images')));
	return {imageConfigs, configsUnread: all.length - imageConfigs.size, parsed};
}

function configsOf(parsed: ReadonlyMap<Digest, ParsedManifest>, {blobs}: StorageListing): Digest[] {
	const configs = new Set<Digest>();
	for (const each of parsed.values()) {
		const manifest = each.ok ? each.manifest : undefined;
		const config = manifest?.kind === 'image' && unpackedLayers(manifest) !== undefined ? manifest.config : undefined;
		// What has another size is damaged, whatever it says.
		if (config !== undefined && blobs.get(config.digest)?.size === config.size) {
			configs.add(config.digest);
		}
	}

	return [...configs];
}
