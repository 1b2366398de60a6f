import {findScenario, scenarios} from '../../drills/scenarios.ts';
import {leadIncident} from '../../incidents/lead-incident.ts';
import type {Invocation} from '../../invocation.ts';

export type DrillOptions = {seed: number; auto?: boolean; list?: boolean; speed: number};

/** `regmedic drill [SCENARIO]`: a rehearsal on simulators that listen on loopback and live in the drill's folder. */
export async function drill(
	name = 'orphan-index',
	{seed, auto, list, speed}: DrillOptions,
	invocation: Invocation,
): Promise<number> {
	if (list) {
		for (const {name: scenario, title} of scenarios) {
			invocation.print(`${scenario.padEnd(24)} ${title}\n`);
		}

		return 0;
	}

	const {name: scenario, title, story} = findScenario(name);
	const autopilot = auto === true || !invocation.terminal.interactive;
	return leadIncident({
		invocation,
		autopilot,
		opening: {title, story, drill: true},
		begin: async () =>
			(await import('../../incidents/begin-drill.ts')).beginDrill(invocation, {
				scenario,
				seed,
				speed,
				pace: autopilot ? 'auto' : 'person',
			}),
	});
}
