import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {FaultKind} from '../../domain/image/fault.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {AnswerCache} from './answer-cache.ts';
import type {CheckedPart} from './parts.ts';

/** Of one image: registries that differ do so in more than one part. */
const partsAsked = 2;

/** Where so many images in a row were answered alike, one registry stands behind the address: of thousands, no more are asked for again. */
const imagesAsked = 100;

/** Of one run. `alike`: how many images were answered alike; once any was not, all are asked for. */
export type Opinions = {alike: number; differed: boolean};

const absent: readonly FaultKind[] = ['child-missing', 'config-missing', 'layer-missing'];

/**
 * Asks for some parts at fault once more, over connections of their own. Registries behind one address remember each for
 * itself, so the same question has several answers.
 * @returns what that means; undefined where the answers agree
 */
export async function secondOpinion(
	cache: Pick<AnswerCache, 'elsewhere'>,
	parts: readonly CheckedPart[],
	{host, opinions, signal}: Waiting & {host: string; opinions: Opinions},
): Promise<Reason | undefined> {
	const asked = parts.filter(part => firstState(part) !== undefined).slice(0, partsAsked);
	if (asked.length === 0 || (opinions.alike >= imagesAsked && !opinions.differed)) {
		return undefined;
	}

	for (const part of asked) {
		try {
			const answers = await cache.elsewhere(part.part.descriptor);
			const other = answers.find(({state}) => state !== firstState(part));
			if (other !== undefined) {
				opinions.differed = true;
				return differing(host, part.status, other.status);
			}
		} catch (error) {
			signal.throwIfAborted();
			asOperatorError(error);
			return undefined;
		}
	}

	opinions.alike++;
	return undefined;
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
