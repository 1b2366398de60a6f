import {shortDigest} from '../../domain/image/digest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import type {PutAnswer} from '../ports/registry.ts';

/** `step`: the step that was carried out: an upload, where a mount was not possible; of the sources, the one that delivered. */
export type Stored = {state: 'stored'; detail: string; step: RelinkStep} | {state: 'rejected'; detail: string};

export function resultOf(answer: PutAnswer, step: RelinkStep): Stored {
	return answer.state === 'stored'
		? {state: 'stored', detail: `${answer.status}`, step}
		: {
				state: 'rejected',
				detail: `The registry rejected ${shortDigest(step.digest)}: ${answer.detail} (${answer.status})`,
			};
}
