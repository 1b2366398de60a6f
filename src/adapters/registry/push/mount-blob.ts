import type {Digest} from '../../../domain/image/digest.ts';
import type {MountAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {mountScope} from '../request.ts';
import {discard} from '../response.ts';
import type {Transport} from '../transport.ts';
import {cancelUpload, sessionOf} from './upload-session.ts';
import {readRejection, writeOnce} from './write-once.ts';

/**
 * Mounts a blob from another repository, once. With 202 the registry opened an upload instead, which is cancelled.
 * @throws OperatorError effect.unknown where the response was lost; registry.* where nothing was sent
 * @see OCI distribution-spec, "Mounting a blob from another repository"
 */
export async function mountBlob(
	transport: Transport,
	{repository, digest, from}: {repository: string; digest: Digest; from: string},
	waiting: Waiting,
): Promise<MountAnswer> {
	const target = `${transport.host}/${repository}@${digest}`;
	const response = await writeOnce(
		transport,
		{
			method: 'POST',
			path: `${repository}/blobs/uploads/?mount=${digest}&from=${from}`,
			scope: mountScope(repository, from),
			headers: {'content-length': '0'},
		},
		target,
		waiting,
	);
	const {status} = response;

	if (status === 201) {
		discard(response);
		return {state: 'stored', digest, status};
	}

	if (status === 202) {
		discard(response);
		await cancelUpload(transport, repository, sessionOf(transport, response));
		return {state: 'not-mounted', status};
	}

	// Without the right to read there, an upload here may still be allowed; if it is not, its refusal says so.
	if (status === 401 || status === 403) {
		discard(response);
		return {state: 'not-mounted', status};
	}

	return readRejection(transport, response, target);
}
