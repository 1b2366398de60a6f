import {hash as hashOf} from 'node:crypto';
import {type Digest, digestAlgorithm, isDigest} from '../../../domain/image/digest.ts';
import {parseManifest} from '../../../domain/image/manifest.ts';
import {acceptedManifests, bareMediaType} from '../../../domain/image/media-type.ts';
import type {ManifestAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {absence, failure} from '../errors/explanations.ts';
import {expectStatus, notARegistry} from '../errors/refusals.ts';
import {pullScope} from '../login/scope.ts';
import {readAll} from '../response.ts';
import {patiently, secondLookMs} from '../retry.ts';
import type {Transport} from '../transport.ts';

/** distribution takes no manifest above 4 MiB; the rest is for those who count otherwise. */
const manifestLimit = 4 * 1024 * 1024 + 64 * 1024;
const accept = acceptedManifests.join(', ');

/**
 * By GET: a HEAD costs the server the same, and hides the words of a refusal.
 * @throws OperatorError registry.*
 */
export async function getManifest(
	transport: Transport,
	repository: string,
	reference: string,
	waiting: Waiting,
): Promise<ManifestAnswer> {
	const look = () => patiently(() => attempt(transport, repository, reference, waiting), transport.patience, waiting);
	const first = await look();

	if (first.state === 'missing' || (first.state === 'found' && isWhole(first, reference))) {
		return first;
	}

	await transport.patience.clock.sleep(secondLookMs, waiting);
	return look();
}

/** An answer that ends with its connection may be cut off without anybody seeing it; only its hash tells. */
function isWhole({digest, claimed}: {digest: Digest; claimed?: Digest}, reference: string): boolean {
	return claimed === undefined && (!isDigest(reference) || digest === reference);
}

async function attempt(
	transport: Transport,
	repository: string,
	reference: string,
	waiting: Waiting,
): Promise<ManifestAnswer> {
	const answer = await transport.ask(
		{
			method: 'GET',
			path: `${repository}/manifests/${reference}`,
			scope: pullScope(repository),
			headers: {accept},
		},
		waiting,
	);
	const {status} = answer;
	const user = await transport.user();
	await expectStatus(answer, [200, 404, 500], user);

	if (status === 404) {
		return {state: 'missing', status, detail: await absence(answer)};
	}

	if (status === 500) {
		return {state: 'unreadable', status, detail: await failure(answer, user)};
	}

	const bytes = await readAll(answer, manifestLimit);
	const digest = hash(bytes, reference);
	const claimed = answer.header('docker-content-digest');
	const mediaType = bareMediaType(answer.header('content-type')) ?? '';

	if (claimed === undefined && digest !== reference && !looksLikeManifest(bytes, mediaType)) {
		throw notARegistry(answer);
	}

	return {
		state: 'found',
		bytes,
		digest,
		mediaType,
		...(claimed !== undefined && claimed !== digest && isDigest(claimed) && claimed !== hash(bytes, claimed)
			? {claimed}
			: {}),
	};
}

/** A login page or a proxy's greeting with status 200 says nothing about the image. */
function looksLikeManifest(bytes: Buffer, mediaType: string): boolean {
	return /manifest|index/.test(mediaType) || parseManifest(bytes.toString('utf8'), mediaType).ok;
}

/** With the algorithm that the other digest uses. */
export function hash(bytes: Uint8Array, like: string): Digest {
	const algorithm = isDigest(like) ? digestAlgorithm(like) : 'sha256';
	return `${algorithm}:${hashOf(algorithm, bytes, 'hex')}` as Digest;
}
