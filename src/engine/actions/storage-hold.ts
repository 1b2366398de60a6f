import {sayHoldWhole, sayNext} from '../../domain/hold/say-hold.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {lookAtHost} from '../scan/between-looks.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Looks what cleans the store now and what will next, without reading the store. */
export const storageHold: ActionNamed<'storage.hold'> = {
	name: 'storage.hold',
	parse: inputParser('storage.hold'),
	effect: 'read',
	inputs: {},
	outcomes: {
		found: 'something will clean the store',
		none: 'nothing was found that will clean the store',
		unavailable: 'no storage is configured for this registry',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {
		hold: 'what cleans the store now, and what will next',
		next: 'the nearest of the next starts, with how it is suspended',
	},
	bare: ['unavailable', 'refused', 'unreachable'],
	success: [],
	outcomeOf: refusedOrUnreachable,

	async run(_inputs, {ports: {storage, registry, clock}, signal, log}) {
		if (!storage) {
			return {outcome: 'unavailable', output: {}, say: 'No storage is configured for this registry.'};
		}

		const now = () => clock.now().getTime();
		const hold = await lookAtHost(storage, {now, host: registry.host, signal});
		for (const line of sayHoldWhole(hold, now())) {
			log(line);
		}

		const [next] = hold.next;
		const gaps = hold.gaps.length === 0 ? '' : ` Not looked at: ${hold.gaps.join('; ')}.`;
		return next === undefined
			? {outcome: 'none', output: {hold, next: null}, say: `Nothing was found that will clean the store.${gaps}`}
			: {outcome: 'found', output: {hold, next}, say: `${sayNext(next, now())}${gaps}`};
	},
};
