import {hash as hashBytes} from 'node:crypto';
import {type Digest, digestAlgorithm, isDigest, parseDigest} from '../../../domain/image/digest.ts';
import {parseManifest} from '../../../domain/image/manifest.ts';
import {acceptedManifests, bareMediaType} from '../../../domain/image/media-type.ts';
import type {ManifestAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readNotServed} from '../errors/not-served.ts';
import {notARegistry} from '../errors/refusals.ts';
import {pullScope} from '../request.ts';
import {type RegistryResponse, readAll} from '../response.ts';
import {secondAttempt, thirdAttempt, withFurtherAttempts, withRetries} from '../retry.ts';
import type {Transport} from '../transport.ts';

/** distribution accepts no manifest above 4 MiB; the rest is for registries that count differently. */
const manifestLimit = 4 * 1024 * 1024 + 64 * 1024;
const accept = acceptedManifests.join(', ');

/**
 * Uses GET: a HEAD costs the registry the same, and hides the reason for a refusal.
 * @param reference a tag or a digest
 * @throws OperatorError registry.*
 */
export async function getManifest(
	transport: Transport,
	repository: string,
	reference: string,
	waiting: Waiting,
): Promise<ManifestAnswer> {
	const request = {
		method: 'GET',
		path: `${repository}/manifests/${reference}`,
		scope: pullScope(repository),
		expected: [200, 404, 500],
		headers: {accept},
	} as const;

	async function attempt(): Promise<ManifestAnswer> {
		const response = await transport.send(request, waiting);
		return response.status === 200 ? readManifest(response, reference) : readNotServed(response, 'manifest');
	}

	function pausesFor(answer: ManifestAnswer): readonly number[] {
		if (answer.state === 'unserved') {
			return thirdAttempt;
		}

		return answer.state === 'missing' || (answer.state === 'found' && isIntact(answer, reference)) ? [] : secondAttempt;
	}

	return withFurtherAttempts(
		() => withRetries(attempt, transport.retrying, waiting),
		pausesFor,
		transport.retrying,
		waiting,
	);
}

/** A response without a Content-Length may be cut off unnoticed: only its hash tells. */
function isIntact({digest, claimed}: {digest: Digest; claimed?: Digest}, reference: string): boolean {
	return claimed === undefined && (!isDigest(reference) || digest === reference);
}

async function readManifest(response: RegistryResponse, reference: string): Promise<ManifestAnswer> {
	const bytes = await readAll(response, manifestLimit);
	const digest = hashLike(reference, bytes);
	const claimed = response.header('docker-content-digest');
	const mediaType = bareMediaType(response.header('content-type')) ?? '';

	if (claimed === undefined && digest !== reference && !looksLikeManifest(bytes, mediaType)) {
		throw notARegistry(response);
	}

	const isOther =
		claimed !== undefined && claimed !== digest && isDigest(claimed) && claimed !== hashLike(claimed, bytes);
	return {state: 'found', bytes, digest, mediaType, ...(isOther && {claimed})};
}

/** A login page or a proxy's greeting with status 200 says nothing about the image. */
function looksLikeManifest(bytes: Buffer, mediaType: string): boolean {
	return /manifest|index/.test(mediaType) || parseManifest(bytes.toString('utf8'), mediaType).ok;
}

/** Hashes with the algorithm of that digest; with sha256 where it is a tag. */
export function hashLike(reference: string, bytes: Uint8Array): Digest {
	const algorithm = isDigest(reference) ? digestAlgorithm(reference) : 'sha256';
	return parseDigest(`${algorithm}:${hashBytes(algorithm, bytes, 'hex')}`);
}
