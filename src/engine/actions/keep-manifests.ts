import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import type {Registry} from '../ports/registry.ts';
import type {ActionContext} from './action.ts';

/** Nested indexes are rare, and a circle of digests cannot be made; a hostile one may still be deep. */
const mostManifests = 1000;

/**
 * Journals the exact bytes of a manifest and of its children, as far as they are there, before it is removed: `kept`, with the bytes in base64.
 * They are what `regmedic restore` stores again.
 */
export async function keepManifests(
	registry: Registry,
	repository: string,
	top: Digest,
	{signal, record, ports: {storage}}: Pick<ActionContext, 'signal' | 'record' | 'ports'>,
): Promise<void> {
	const waiting = [top];
	const seen = new Set<Digest>();
	for (let digest = waiting.shift(); digest !== undefined && seen.size < mostManifests; digest = waiting.shift()) {
		if (seen.has(digest)) {
			continue;
		}

		seen.add(digest);
		const answer = await registry.manifest(repository, digest, {signal});
		// A child may have lost its link alone.
		const bytes = answer.state === 'found' ? answer.bytes : await storage?.readBlob(digest, {signal});
		if (bytes === undefined) {
			continue;
		}

		const detail = {repository, top, digest, base64: toBase64(bytes)};
		await record('kept', detail, `${shortDigest(digest)} kept, ${bytes.length} bytes`);
		const parsed = parseManifest(new TextDecoder().decode(bytes));
		if (parsed.ok && parsed.manifest.kind === 'index') {
			waiting.push(...parsed.manifest.children.map(child => child.digest));
		}
	}
}

/** In steps: a call takes no more arguments than fit on the stack. */
function toBase64(bytes: Uint8Array): string {
	const step = 8192;
	const parts: string[] = [];
	for (let at = 0; at < bytes.length; at += step) {
		parts.push(String.fromCharCode(...bytes.subarray(at, at + step)));
	}

	return btoa(parts.join(''));
}
