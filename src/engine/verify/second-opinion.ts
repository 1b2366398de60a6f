import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {FaultKind} from '../../domain/image/fault.ts';
import {type ImageReference, target} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered} from '../../domain/image/verdict.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {AnswerCache} from './answer-cache.ts';
import {uncheckedOf} from './faults.ts';
import type {Opinion} from './other-connections.ts';
import type {CheckedPart} from './parts.ts';

const absent: readonly FaultKind[] = ['child-missing', 'config-missing', 'layer-missing'];

type Asked = Waiting & {host: string};

/**
 * Asks for parts at fault once more, over connections of their own, until one is answered alike: an image is broken where at
 * least one of its parts is missing on every connection. Registries behind one address remember each for itself, so a part
 * that one of them lacks the next may serve; such a part is unchecked, not at fault.
 * @returns the parts by their keys; `unasked`: the registry did not answer a second time, which takes nothing away from the first
 */
export async function withSecondOpinion(
	cache: Pick<AnswerCache, 'elsewhere'>,
	checked: Map<string, CheckedPart>,
	{host, signal}: Asked,
): Promise<{checked: Map<string, CheckedPart>; unasked?: Reason}> {
	for (const [key, entry] of checked) {
		const first = firstState(entry);
		if (first === undefined) {
			continue;
		}

		const second = await secondly(() => cache.elsewhere(entry.part.descriptor), {host, signal});
		if ('unasked' in second) {
			return {checked, unasked: second.unasked};
		}

		const other = second.answers.find(({state}) => state !== first);
		if (other === undefined) {
			break;
		}

		const {part, status} = entry;
		const unchecked = uncheckedOf(part, differing(host, status, other.status));
		checked.set(key, {part, ...(status === undefined ? {} : {status}), unchecked, below: []});
	}

	return {checked};
}

/**
 * The same for an image whose manifest the registry does not serve. A tag that it does not list either is absent, and nobody
 * else is asked.
 * @param first what its first answer means
 */
export async function unlessElsewhere(
	cache: Pick<AnswerCache, 'topElsewhere'>,
	reference: ImageReference,
	{status, first, signal}: Waiting & {status: number; first: Promise<ImageCheck>},
): Promise<ImageCheck> {
	const {host, digest} = reference;
	const [known] = await Promise.allSettled([first]);
	if (known.status === 'rejected' && digest === undefined) {
		throw known.reason;
	}

	const second = await secondly(() => cache.topElsewhere(target(reference)), {host, signal});
	const other = 'answers' in second && second.answers.find(({state}) => state !== 'missing');
	if (other) {
		return unanswered(reference, differing(host, status, other.status));
	}

	const check = await first;
	return 'unasked' in second ? {...check, unchecked: [...check.unchecked, {via: [], ...second.unasked}]} : check;
}

async function secondly(
	ask: () => Promise<Opinion[]>,
	{host, signal}: Asked,
): Promise<{answers: Opinion[]} | {unasked: Reason}> {
	try {
		return {answers: await ask()};
	} catch (error) {
		signal.throwIfAborted();
		const {code, message, hint} = asOperatorError(error);
		return {unasked: {code, message: `${host} did not answer a second time over a new connection: ${message}`, hint}};
	}
}

/** Undefined: it is not asked for again. A part that answers 500 was, three times. */
function firstState({fault, status = 500}: CheckedPart): 'missing' | 'unserved' | undefined {
	if (fault === undefined || status >= 500) {
		return undefined;
	}

	return absent.includes(fault.kind) ? 'missing' : fault.kind === 'part-unserved' ? 'unserved' : undefined;
}

function differing(host: string, first: number | undefined, second: number): Reason {
	return {
		code: 'registry.answers-differ',
		message: `${host} answers the same question differently over a new connection (${first}, then ${second}): several registries seem to stand behind this address.`,
		hint: 'Verify the image at each of them by its own address. Each remembers for itself: restart all of them.',
	};
}
