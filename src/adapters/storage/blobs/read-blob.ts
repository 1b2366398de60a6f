import {createHash} from 'node:crypto';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import {blobData} from '../../../domain/storage/listing/paths.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';

const blobTimeoutMs = 5 * 60_000;

const noBlob = 65;

/** The path of the blob follows the root. */
const printBlob = `${enterRoot}
IFS= read -r file
[ -f "$file" ] || exit ${noBlob}
cat "$file"
`;

/** @returns undefined: the blob does not exist, or its bytes do not match its digest */
export async function readBlob(
	digest: Digest,
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<Uint8Array | undefined> {
	const input = `${root}\n${blobFile(digest)}\n`;
	const request = {kind: 'read', script: printBlob, input, timeoutMs: blobTimeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);
	return exitCode === 0 && matchesDigest(stdout, digest) ? stdout : undefined;
}

/** The path of a blob, from the folder where the scripts run. */
export function blobFile(digest: Digest): string {
	return `./${blobData(digest)}`;
}

export function matchesDigest(bytes: Uint8Array, digest: Digest): boolean {
	const algorithm = digestAlgorithm(digest);
	return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` === digest;
}
