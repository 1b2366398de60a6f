import {exitCodes} from '../../domain/errors.ts';
import {findScenario, scenarios} from '../../drills/scenarios/scenarios.ts';
import {leadIncident} from '../../incidents/lead.ts';
import type {Invocation} from '../../invocation.ts';

type DrillOptions = {seed: number; auto?: boolean; list?: boolean; speed: number};

/** `regmedic drill [SCENARIO]`: rehearses an incident on simulators that listen on loopback and live in the drill's folder. */
export async function drill(
	name = scenarios[0]!.name,
	{seed, auto = false, list, speed}: DrillOptions,
	invocation: Invocation,
): Promise<number> {
	if (list) {
		for (const {name: scenario, title} of scenarios) {
			invocation.print(`${scenario.padEnd(24)} ${title}\n`);
		}

		return exitCodes.done;
	}

	const {name: scenario, title, story} = findScenario(name);
	const autopilot = auto || !invocation.terminal.interactive;
	return leadIncident({
		invocation,
		autopilot,
		intro: {title, story, drill: true},
		begin: async () =>
			(await import('../../incidents/drill.ts')).startDrill(invocation, {
				scenario,
				seed,
				speed,
				pace: autopilot ? 'auto' : 'person',
			}),
	});
}
