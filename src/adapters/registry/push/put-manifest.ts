import {OperatorError} from '../../../domain/errors.ts';
import {isDigest} from '../../../domain/image/digest.ts';
import type {ManifestBytes, PutAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {hashLike} from '../pull/manifest.ts';
import {pushScope} from '../request.ts';
import type {Transport} from '../transport.ts';
import {storeOnce, unknownEffect} from './write-once.ts';

/**
 * Stores exact bytes under a tag or their digest, once: it is never retried.
 * @throws OperatorError manifest.wrong-digest | effect.unknown where the response was lost; registry.* where nothing was sent or
 * the registry refused it
 */
export async function putManifest(
	transport: Transport,
	{repository, reference, manifest}: {repository: string; reference: string; manifest: ManifestBytes},
	waiting: Waiting,
): Promise<PutAnswer> {
	const {bytes, mediaType} = manifest;
	const digest = hashLike(reference, bytes);

	if (isDigest(reference) && reference !== digest) {
		throw new OperatorError(
			'manifest.wrong-digest',
			`The manifest’s bytes hash to ${digest}, not to ${reference}. Nothing was sent.`,
			{hint: 'Use the bytes as they were stored: reformatting them changes the digest.', exit: 'failed'},
		);
	}

	const target = `${transport.host}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
	const response = await storeOnce(
		transport,
		{
			method: 'PUT',
			path: `${repository}/manifests/${reference}`,
			scope: pushScope(repository),
			headers: {'content-type': mediaType},
			body: bytes,
		},
		target,
		waiting,
	);
	if ('state' in response) {
		return response;
	}

	const stored = response.header('docker-content-digest') ?? digest;

	if (stored !== hashLike(stored, bytes)) {
		throw unknownEffect(target, `${transport.host} says that it stored ${stored}, but ${digest} was sent.`);
	}

	return {state: 'stored', digest, status: response.status};
}
