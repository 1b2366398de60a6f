import type {Digest} from '../../../domain/image/digest.ts';
import type {DeleteAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {deleteScope} from '../request.ts';
import {discard} from '../response.ts';
import type {Transport} from '../transport.ts';
import {readReason, readRejection, writeOnce} from './write-once.ts';

/**
 * Deletes a manifest by its digest, once, and with it every tag that names it. Where the data of the manifest is gone, the registry
 * answers 404 and the tags stay.
 * @throws OperatorError effect.unknown where the response was lost or leaves it open; registry.*
 * @see distribution v2.8.3 registry/handlers/manifests.go, DeleteManifest: the link goes before the tags are looked up, so a 500
 * may have removed it
 */
export async function deleteManifest(
	transport: Transport,
	{repository, digest}: {repository: string; digest: Digest},
	waiting: Waiting,
): Promise<DeleteAnswer> {
	const target = `${transport.host}/${repository}@${digest}`;
	const response = await writeOnce(
		transport,
		{method: 'DELETE', path: `${repository}/manifests/${digest}`, scope: deleteScope(repository)},
		target,
		waiting,
	);
	const {status} = response;
	if (status === 202 || status === 200 || status === 204) {
		discard(response);
		return {state: 'deleted', status};
	}

	if (status === 404) {
		return {state: 'missing', status, detail: await readReason(response)};
	}

	return readRejection(transport, response, target);
}
