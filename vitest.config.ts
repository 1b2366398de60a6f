import {defineConfig} from 'vitest/config';

// A sweep tries everything many times over. Elsewhere the limit ends what hangs; how fast something is, a bench measures: other
// work on the same two cores makes a test several times slower.
const timeouts = {testTimeout: process.env.REGMEDIC_SWEEP === '1' ? 900_000 : 90_000, hookTimeout: 120_000};
/** These keep what Ink or a real server left in the process: each file has a process of its own. */
const isolated = ['test/{journeys,real,ui}/**/*.test.{ts,tsx}'];
/** Left to CI: the real servers beside one pass of each main job, and what installs or waits for long. */
const long = {
	shared: ['test/commands/check/check.test.ts', 'test/commands/check/other-stores.test.ts', 'test/commands/scan/disk-reasons.test.ts', 'test/incidents/damage-page.test.ts', 'test/incidents/look-behind.test.ts', 'test/incidents/rows-now.test.ts', 'test/cases/pullable.test.ts', 'test/drills/fallback.test.ts', 'test/engine/probe/memory.test.ts'],
	isolated: [
		'test/real/**/!(relink|preflight|rules|registry-client).test.ts',
		'test/journeys/{bad-input,death,drill,installed,interrupted,kill,lost-output,lost-reply}.test.ts',
	],
};

/** REGMEDIC_TESTS: `short` leaves them out, `long` runs them alone; without it all run, or those that are named. */
function files(project: keyof typeof long, include: string[], exclude: string[] = []) {
	switch (process.env.REGMEDIC_TESTS) {
		case 'short':
			return {include, exclude: [...exclude, ...long[project]]};
		case 'long':
			return {include: long[project], exclude};
		default:
			return {include, exclude};
	}
}

export default defineConfig({
	test: {
		...(process.env.REGMEDIC_PROPERTY_SEED === undefined ? {} : {setupFiles: ['test/support/seed.ts']}),
		globalSetup: ['test/support/build.ts'],
		// Two, also on one core: most tests wait for servers and programs.
		maxWorkers: 2,
		projects: [
			// A process for each file would take a third of the time of these.
			{test: {...timeouts, name: 'shared', ...files('shared', ['test/**/*.test.ts'], isolated), isolate: false}},
			{test: {...timeouts, name: 'isolated', ...files('isolated', isolated)}},
		],
	},
});
