import {defineConfig} from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.{ts,tsx}'],
		globalSetup: ['test/support/build.ts'],
		testTimeout: 30_000,
		hookTimeout: 60_000,
		// Two, also on one core: most tests wait for servers and programs.
		maxWorkers: 2,
	},
});
