import {asOperatorError, OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readErrorBody} from '../errors/error-body.ts';
import type {RegistryRequest} from '../request.ts';
import {discard, type RegistryResponse} from '../response.ts';
import type {Transport} from '../transport.ts';

/** Statuses that mean that nothing changed. 500 is not among them: the registry writes the link before it responds. */
const rejectedStatuses = [400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 429, 501, 505];

export type Rejection = {state: 'rejected'; status: number; detail: string};

/**
 * Requests a change once: it is never retried.
 * @param target for people: what is to be changed
 * @throws OperatorError effect.unknown where the response was lost; registry.* where nothing was sent
 */
export async function writeOnce(
	transport: Transport,
	request: RegistryRequest,
	target: string,
	waiting: Waiting,
): Promise<RegistryResponse> {
	let mayHaveArrived = false;

	try {
		return await transport.send(
			{
				...request,
				// The registry may be closing a kept connection just now, and then it is not known whether it read this request.
				fresh: true,
				onSending() {
					mayHaveArrived = true;
				},
				onUnauthorized() {
					mayHaveArrived = false;
				},
			},
			waiting,
		);
	} catch (error) {
		if (!mayHaveArrived) {
			throw error;
		}

		const cause = asOperatorError(error);
		throw unknownEffect(target, cause.message, cause);
	}
}

/**
 * Requests once that something be stored.
 * @returns the response that confirms it (201), its body dropped; or why nothing was stored
 * @throws OperatorError effect.unknown where the response was lost or leaves it open; registry.*
 */
export async function storeOnce(
	transport: Transport,
	request: RegistryRequest,
	target: string,
	waiting: Waiting,
): Promise<RegistryResponse | Rejection> {
	const response = await writeOnce(transport, request, target, waiting);
	if (response.status !== 201) {
		return readRejection(transport, response, target);
	}

	discard(response);
	return response;
}

/**
 * A response that is not the expected one: a rejection, which changed nothing.
 * @throws OperatorError registry.* where the registry let nothing in; effect.unknown where it is open what happened
 */
export async function readRejection(
	transport: Transport,
	response: RegistryResponse,
	target: string,
): Promise<Rejection> {
	const {status} = response;

	if (rejectedStatuses.includes(status)) {
		return {state: 'rejected', status, detail: await readReason(response)};
	}

	if (status === 401 || status === 403 || (status >= 300 && status < 400)) {
		throw await transport.refusal(response);
	}

	throw unknownEffect(target, `${transport.host}: ${await readReason(response)}.`);
}

/** In the registry's words, if it is the registry that responded. */
export async function readReason(response: RegistryResponse): Promise<string> {
	const {isHtml, message} = await readErrorBody(response);
	const who = isHtml ? 'a proxy in front of the registry' : 'the registry';
	return message ?? `${who} responded ${response.status}`;
}

export function unknownEffect(target: string, why: string, cause?: unknown): OperatorError {
	return new OperatorError('effect.unknown', `It is not known whether ${target} was stored. ${why}`, {
		hint: 'Verify the image: it shows whether the manifest is there now.',
		exit: 'indeterminate',
		cause,
	});
}
