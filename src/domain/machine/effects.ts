import {defined} from '../defined.ts';
import type {ItemStamp, StepStamp} from '../incident/event.ts';
import {currentVisit, type Incident, nextAttempt, type Phase} from '../incident/incident.ts';
import {unpreparedRows} from '../incident/plan-row.ts';
import type {JsonObject} from '../json.ts';
import {itemEffects, newItemEffects} from './item-effects.ts';

/** What has to be done next, in an outside system or in the journal. The engine carries it out. */
export type MachineEffect =
	| ({kind: 'start'} & StepStamp)
	| ({kind: 'open-gate'} & StepStamp)
	| ({kind: 'assume'} & StepStamp)
	/** `tries`: how often it has failed in this visit. */
	| ({kind: 'intend'; tries: number} & StepStamp)
	/** `attach`: what is known of an effect that is already under way. */
	| ({kind: 'perform'; request: string; attach?: JsonObject} & ItemStamp)
	| ({kind: 'reconcile'; request: string} & ItemStamp)
	/** Of a plan: looks up what the remedies of these rows would change. */
	| ({kind: 'prepare'; rows: string[]} & StepStamp)
	/** Of an item: asks whether what it expects still holds, and only then writes its intent. */
	| ({kind: 'begin'; item: string} & StepStamp)
	| ({kind: 'wait'; until: string} & StepStamp)
	| {kind: 'close'};

export type Advanced = [Incident, MachineEffect[]];

/** The effects that the engine has to carry out now, those of items included. Pure. */
export function pendingEffects(incident: Incident): MachineEffect[] {
	return [...phaseEffects(incident), ...itemEffects(incident)];
}

/** None where a person is asked. */
function phaseEffects(incident: Incident): MachineEffect[] {
	const {phase} = incident;
	switch (phase.kind) {
		case 'arriving':
			return [{kind: 'start', step: phase.step, attempt: nextAttempt(incident, phase.step)}];

		case 'gating':
			return [{kind: incident.dryRun ? 'assume' : 'open-gate', ...stampOf(phase)}];

		case 'intending':
			return [{kind: 'intend', tries: phase.tries, ...stampOf(phase)}];

		case 'running': {
			const {request, attach} = phase;
			return [{kind: 'perform', request, ...defined({attach}), ...stampOf(phase)}];
		}

		case 'unsure':
			return phase.asked ? [] : [{kind: 'reconcile', request: phase.request, ...stampOf(phase)}];

		case 'waiting':
			return [{kind: 'wait', until: phase.until, ...stampOf(phase)}];

		// A closed incident may not be sealed yet.
		case 'stopped':
			return [{kind: 'close'}];

		case 'preparing': {
			const rows = unpreparedRows(currentVisit(incident)?.rows ?? []).map(({id}) => id);
			return [{kind: 'prepare', rows, ...stampOf(phase)}];
		}

		case 'applying':
		case 'gate':
		case 'asking':
		case 'stuck':
			return [];
	}
}

/** Another phase, with what begins because of it. What items have begun goes on. */
export function enter(incident: Incident, phase: Phase): Advanced {
	const next = {...incident, phase};
	return [next, [...phaseEffects(next), ...newItemEffects(incident, next)]];
}

export function arrive(incident: Incident, step: string): Advanced {
	return enter(incident, {kind: 'arriving', step});
}

export function stampOf({step, attempt}: StepStamp): StepStamp {
	return {step, attempt};
}

/** The same, with the item that it is about. */
export function itemStampOf({step, attempt, item}: ItemStamp): ItemStamp {
	return {step, attempt, ...defined({item})};
}
