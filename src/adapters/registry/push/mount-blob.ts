import type {Digest} from '../../../domain/image/digest.ts';
import type {MountAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {mountScope} from '../login/scope.ts';
import {discard} from '../response.ts';
import type {Transport} from '../transport.ts';
import {callOff, sessionOf} from './upload-session.ts';
import {rejection, writeOnce} from './write-once.ts';

/**
 * Links a blob of another repository, once. 202 is no success: the registry opened an upload instead, which is called off.
 * @throws OperatorError effect.unknown where the reply was lost; registry.* where nothing was sent
 * @see OCI distribution-spec, "Mounting a blob from another repository"
 */
export async function mountBlob(
	transport: Transport,
	repository: string,
	digest: Digest,
	from: string,
	waiting: Waiting,
): Promise<MountAnswer> {
	const target = `${transport.host}/${repository}@${digest}`;
	const answer = await writeOnce(
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
	const {status} = answer;

	if (status === 201) {
		discard(answer);
		return {state: 'stored', digest, status};
	}

	if (status === 202) {
		discard(answer);
		await callOff(transport, repository, sessionOf(transport, answer));
		return {state: 'not-mounted', status};
	}

	// Who may not read there may still be allowed to upload here; and who may not either is told so then.
	if (status === 401 || status === 403) {
		discard(answer);
		return {state: 'not-mounted', status};
	}

	return rejection(transport, answer, target);
}
