import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {explanation} from '../errors/explanations.ts';
import {expectStatus} from '../errors/refusals.ts';
import type {Asking} from '../request.ts';
import {type Answer, discard} from '../response.ts';
import type {Transport} from '../transport.ts';

/** Whatever comes back with these changed nothing. 500 may have: the link is written before the answer. */
const refused = [400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 429, 501, 505];

export type Rejection = {state: 'rejected'; status: number; detail: string};

/**
 * Asks for a change, once: nothing here is ever repeated.
 * @param target for people: what is to be changed
 * @throws OperatorError effect.unknown where the reply was lost; registry.* where nothing was sent
 */
export async function writeOnce(
	transport: Transport,
	asking: Asking,
	target: string,
	waiting: Waiting,
): Promise<Answer> {
	let mayHaveArrived = false;

	try {
		return await transport.ask(
			{
				...asking,
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
		throw mayHaveArrived && error instanceof OperatorError ? unknownEffect(target, error.message, error) : error;
	}
}

/**
 * Asks for something to be stored, once. @returns the answer that says so (201), with nothing left to read
 * @throws OperatorError effect.unknown where the reply was lost or leaves it open; registry.*
 */
export async function storeOnce(
	transport: Transport,
	asking: Asking,
	target: string,
	waiting: Waiting,
): Promise<Answer | Rejection> {
	const answer = await writeOnce(transport, asking, target, waiting);
	if (answer.status !== 201) {
		return rejection(transport, answer, target);
	}

	discard(answer);
	return answer;
}

/**
 * An answer that is not the one hoped for: a refusal that changed nothing.
 * @throws OperatorError registry.* where we are kept out; effect.unknown where it leaves open what happened
 */
export async function rejection(transport: Transport, answer: Answer, target: string): Promise<Rejection> {
	const {status} = answer;

	if (refused.includes(status)) {
		return {state: 'rejected', status, detail: await inWords(answer)};
	}

	if (status === 401 || status === 403 || (status >= 300 && status < 400)) {
		await expectStatus(answer, [], await transport.user());
	}

	throw unknownEffect(target, `${transport.host}: ${await inWords(answer)}.`);
}

/** A proxy in front refuses in HTML; that is an answer too. */
export async function inWords(answer: Answer): Promise<string> {
	try {
		return await explanation(answer, `the registry answered ${answer.status}`);
	} catch (error) {
		if (error instanceof OperatorError) {
			return `something in front of the registry answered ${answer.status}`;
		}

		throw error;
	}
}

export function unknownEffect(target: string, why: string, cause?: unknown): OperatorError {
	return new OperatorError('effect.unknown', `Nobody can say yet whether ${target} was stored. ${why}`, {
		hint: 'Verify the image: it shows whether the manifest is there now.',
		exit: 'indeterminate',
		cause,
	});
}
