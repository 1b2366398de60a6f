import {defineCommand, flag, text} from '../command.ts';

export const check = defineCommand({
	name: 'check',
	about: 'check configuration, credentials, registries, hosts and CI',
	options: {
		'--trust': flag('approve the configuration that is found here, as it is now'),
		'--print-helper': flag('only print the helper by which sudo grants one store, not root; nothing is checked'),
		'--registry <name>': text('with --print-helper: whose store it is for'),
	},
	run: async ({invocation, options}) =>
		options.printHelper
			? (await import('./print-helper.ts')).printHelperOf(invocation, options.registry)
			: (await import('./check.ts')).check(invocation, options),
});
