import {OperatorError} from '../../../domain/errors.ts';
import {isDigest} from '../../../domain/image/digest.ts';
import type {ManifestBytes, PutAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {pushScope} from '../login/scope.ts';
import {hash} from '../pull/manifest.ts';
import type {Transport} from '../transport.ts';
import {storeOnce, unknownEffect} from './write-once.ts';

/**
 * Stores exact bytes, once: nothing here is ever repeated.
 * @throws OperatorError effect.unknown where the reply was lost; registry.* where nothing was sent or it was refused outright
 */
export async function putManifest(
	transport: Transport,
	repository: string,
	reference: string,
	{bytes, mediaType}: ManifestBytes,
	waiting: Waiting,
): Promise<PutAnswer> {
	const digest = hash(bytes, reference);

	if (isDigest(reference) && reference !== digest) {
		throw new OperatorError('manifest.wrong-digest', `These bytes are ${digest}, not ${reference}. Nothing was sent.`, {
			hint: 'Take the bytes as they were stored, without formatting them anew.',
			exit: 'failed',
		});
	}

	const target = `${transport.host}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
	const answer = await storeOnce(
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
	if ('state' in answer) {
		return answer;
	}

	const stored = answer.header('docker-content-digest') ?? digest;

	if (stored !== hash(bytes, stored)) {
		throw unknownEffect(target, `${transport.host} says that it stored ${stored}, but ${digest} was sent.`);
	}

	return {state: 'stored', digest, status: answer.status};
}
