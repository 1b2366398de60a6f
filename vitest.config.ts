import {defineConfig} from 'vitest/config';

// A sweep tries everything many times over. Elsewhere the limit ends what hangs; how fast something is, a bench measures: other
// work on the same two cores makes a test several times slower.
const timeouts = {testTimeout: process.env.REGMEDIC_SWEEP === '1' ? 900_000 : 90_000, hookTimeout: 120_000};
/** These keep what Ink or a real server left in the process: each file has a process of its own. */
const isolated = ['test/{journeys,real,ui}/**/*.test.{ts,tsx}'];

export default defineConfig({
	test: {
		...(process.env.REGMEDIC_PROPERTY_SEED === undefined ? {} : {setupFiles: ['test/support/seed.ts']}),
		globalSetup: ['test/support/build.ts'],
		// Two, also on one core: most tests wait for servers and programs.
		maxWorkers: 2,
		projects: [
			// A process for each file would take a third of the time of these.
			{test: {...timeouts, name: 'shared', include: ['test/**/*.test.ts'], exclude: isolated, isolate: false}},
			{test: {...timeouts, name: 'isolated', include: isolated}},
		],
	},
});
