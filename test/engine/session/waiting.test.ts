import {expect, test} from 'vitest';
import {carryOut} from '../../../src/engine/session/carry-out.ts';
import type {EffectContext} from '../../../src/engine/session/step-action.ts';
import {smallPage, tellIncident} from '../../support/told-incident.ts';

const day = 86_400_000;
const page = smallPage.replace(
	/## Check[\s\S]*?```\n\n## Decide/,
	'## Check {#check}\n```yaml step\nwait: 90s\noutcomes: {waited: decide}\n```\n\n## Decide',
);

test.each([
	['went on by a minute', 60_000, 30_000],
	['went on by a day', day, 0],
	['was set back by a day', -day, 90_000],
])('a wait ends in its time, also when the clock %s', async (_, movedMs, sleptMs) => {
	const {incident, effects, events} = tellIncident(page).tell({
		type: 'step.started',
		step: 'check',
		attempt: 1,
		effect: 'read',
		with: {},
		success: [],
	});
	const slept: number[] = [];
	const clock = {
		now: () => new Date(Date.parse(events.at(-1)!.at) + movedMs),
		sleep: async (milliseconds: number) => void slept.push(milliseconds),
	};

	await carryOut(effects[0]!, {incident, ports: {clock}, report: async () => {}} as unknown as EffectContext);

	expect(slept).toEqual([sleptMs]);
});
