import {createHash} from 'node:crypto';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import {blobData} from '../../../domain/storage/listing/paths.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enterAtOnce, rejectRootExits} from '../store-root.ts';

const blobTimeoutMs = 5 * 60_000;

/** The paths of the blobs follow the root. Each is printed behind a line with its length; `-`: it is no file. */
export const printBlobs = `${enterAtOnce}while IFS= read -r file; do
	if [ -f "$file" ]; then wc -c <"$file"; cat "$file"; else echo -; fi
done
`;

type Place = Waiting & {shell: Shell; root: string};

/**
 * Reads some blobs that fit into memory, such as manifests, by one command.
 * @returns those that exist and whose bytes match their digests
 */
export async function readBlobs(digests: readonly Digest[], place: Place): Promise<Map<Digest, Uint8Array>> {
	const found = await readOnce(digests, place);
	// One that was cut or grew while it was read hides where those behind it begin.
	const first = digests.findIndex(digest => !found.has(digest));
	const behind = first === -1 ? [] : digests.slice(first + 1).filter(digest => !found.has(digest));
	return behind.length === 0 ? found : new Map([...found, ...(await readBlobs(behind, place))]);
}

async function readOnce(digests: readonly Digest[], {shell, root, signal}: Place): Promise<Map<Digest, Uint8Array>> {
	const input = [root, ...digests.map(blobFile), ''].join('\n');
	const request = {kind: 'read', script: printBlobs, input, timeoutMs: blobTimeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);

	const found = new Map<Digest, Uint8Array>();
	let at = 0;
	for (const digest of digests) {
		const end = stdout.indexOf(0x0a, at);
		const head = Buffer.from(stdout.subarray(at, end === -1 ? stdout.length : end))
			.toString()
			.trim();
		const size = /^\d+$/.test(head) ? Number(head) : undefined;
		at = (end === -1 ? stdout.length : end + 1) + (size ?? 0);
		const bytes = size === undefined ? undefined : stdout.subarray(at - size, at);
		if (bytes !== undefined && matchesDigest(bytes, digest)) {
			found.set(digest, bytes);
		}
	}

	return found;
}

/** The path of a blob, from the folder where the scripts run. */
export function blobFile(digest: Digest): string {
	return `./${blobData(digest)}`;
}

export function matchesDigest(bytes: Uint8Array, digest: Digest): boolean {
	const algorithm = digestAlgorithm(digest);
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` === digest;
}
