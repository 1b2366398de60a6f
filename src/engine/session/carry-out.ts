import type {Happening, StepStamp} from '../../domain/incident/event.ts';
import {freeze} from '../../domain/incident/freeze.ts';
import {requestId} from '../../domain/incident/incident.ts';
import {type MachineEffect, stampOf} from '../../domain/machine/moves.ts';
import {gateOf, reconcile} from './ask-world.ts';
import {perform} from './perform.ts';
import {actionIn, type Performance, stepOf} from './performance.ts';

export type {Performance} from './performance.ts';

const retryAfterMs = [1_000, 3_000, 8_000];
/** What is lost from sight and found again, over and over, must not keep the journal busy. */
const takenUpAfterMs = 500;

/** Does what the machine asked for, and reports back what came of it. */
export async function carryOut(effect: MachineEffect, performance: Performance): Promise<'closed' | undefined> {
	const {incident, report, ports, signal} = performance;
	switch (effect.do) {
		case 'start':
			await report(startOf(effect, performance));
			return undefined;

		case 'open-gate':
		case 'assume':
			await report(await gateOf(effect, performance));
			return undefined;

		case 'intend':
			if (effect.tries > 0) {
				await ports.clock.sleep(retryAfterMs[Math.min(effect.tries, retryAfterMs.length) - 1]!, {signal});
			}

			await report({type: 'effect.intended', ...stampOf(effect), request: requestId(incident, effect)});
			return undefined;

		case 'perform':
			if (effect.attach) {
				await ports.clock.sleep(takenUpAfterMs, {signal});
			}

			await perform(effect, performance);
			return undefined;

		case 'reconcile':
			await report(await reconcile(effect, performance));
			return undefined;

		case 'wait': {
			// A clock that was set back must not make it longer than the runbook says.
			const {does} = stepOf(effect, incident);
			const whole = does.kind === 'wait' ? does.milliseconds : 0;
			const left = Date.parse(effect.until) - ports.clock.now().getTime();
			await ports.clock.sleep(Math.min(whole, Math.max(0, left)), {signal});
			await report({type: 'wait.elapsed', ...stampOf(effect)});
			return undefined;
		}

		case 'close':
			if (incident.phase.is === 'stopped' && !incident.phase.closed) {
				await report({type: 'incident.closed'});
			}

			await performance.journal.seal();
			return 'closed';
	}
}

function startOf(effect: StepStamp, {incident, actions}: Performance): Happening {
	const step = stepOf(effect, incident);
	const frozen = freeze(incident, step);
	if (!frozen.ok) {
		return {type: 'step.blocked', ...stampOf(effect), problem: frozen.problem};
	}

	const action = actionIn(step, actions);
	return {
		type: 'step.started',
		...stampOf(effect),
		effect: action?.effect ?? 'read',
		with: frozen.with,
		success: action?.success ?? [],
		...(action?.shows === undefined ? {} : {shows: action.shows}),
		...(action?.sparesImage ? {sparesImage: true} : {}),
	};
}
