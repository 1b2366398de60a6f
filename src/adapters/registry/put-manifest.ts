import {isDigest} from '../../domain/digest.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {ManifestBytes, PutAnswer, Waiting} from '../../engine/ports.ts';
import {type Answer, discard} from './answer.ts';
import {explanation} from './explanations.ts';
import {hash} from './manifest.ts';
import {expectStatus} from './refusals.ts';
import {pushScope} from './scope.ts';
import type {Transport} from './transport.ts';

/** Whatever comes back with these changed nothing. 500 may have: the link is written before the answer. */
const refused = [400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 429, 501, 505];

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
	let mayHaveArrived = false;
	let answer: Answer;

	try {
		answer = await transport.ask(
			{
				method: 'PUT',
				path: `${repository}/manifests/${reference}`,
				scope: pushScope(repository),
				headers: {'content-type': mediaType},
				body: bytes,
				// A kept connection may be closed by the server just now, and then nobody knows whether it had read this.
				fresh: true,
				onSending() {
					mayHaveArrived = true;
				},
				onRefused() {
					mayHaveArrived = false;
				},
			},
			waiting,
		);
	} catch (error) {
		throw mayHaveArrived && error instanceof OperatorError ? unknown(target, error.message, error) : error;
	}

	const {status} = answer;

	if (refused.includes(status)) {
		return {state: 'rejected', status, detail: await inWords(answer)};
	}

	if (status === 401 || status === 403 || (status >= 300 && status < 400)) {
		await expectStatus(answer, [], await transport.user());
	}

	if (status !== 201) {
		const said = await inWords(answer);
		throw unknown(target, `${transport.host}: ${said}.`);
	}

	discard(answer);
	const stored = answer.header('docker-content-digest') ?? digest;

	if (stored !== hash(bytes, stored)) {
		throw unknown(target, `${transport.host} says that it stored ${stored}, but ${digest} was sent.`);
	}

	return {state: 'stored', digest, status};
}

/** A proxy in front refuses in HTML; that is an answer too. */
async function inWords(answer: Answer): Promise<string> {
	try {
		return await explanation(answer, `the registry answered ${answer.status}`);
	} catch (error) {
		if (error instanceof OperatorError) {
			return `something in front of the registry answered ${answer.status}`;
		}

		throw error;
	}
}

function unknown(target: string, why: string, cause?: unknown): OperatorError {
	return new OperatorError('effect.unknown', `Nobody can say yet whether ${target} was stored. ${why}`, {
		hint: 'Verify the image: it shows whether the manifest is there now.',
		exit: 'indeterminate',
		cause,
	});
}
