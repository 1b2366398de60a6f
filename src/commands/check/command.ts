import {defineCommand, flag} from '../command.ts';

export const check = defineCommand({
	name: 'check',
	about: 'check configuration, credentials, registries, hosts and CI',
	options: {'--trust': flag('approve the configuration that is found here, as it is now')},
	run: async ({invocation, options}) => (await import('./check.ts')).check(invocation, options),
});
