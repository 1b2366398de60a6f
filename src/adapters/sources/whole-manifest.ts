import {createHash} from 'node:crypto';
import {type Digest, digestAlgorithm, digestHex} from '../../domain/image/digest.ts';

/** What registries accept. @see distribution v2.8.3 registry/handlers/manifests.go, maxManifestBodySize */
const mostBytes = 4 * 1024 * 1024;

/** The bytes, where they are a manifest's and match its digest. The rest of what is too long is not read. */
export async function wholeManifest(
	digest: Digest,
	bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Uint8Array | undefined> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of bytes) {
		length += chunk.length;
		if (length > mostBytes) {
			return undefined;
		}

		chunks.push(chunk);
	}

	const whole = Buffer.concat(chunks);
	return createHash(digestAlgorithm(digest)).update(whole).digest('hex') === digestHex(digest) ? whole : undefined;
}
