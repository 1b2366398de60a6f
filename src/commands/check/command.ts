import {defineCommand} from '../command.ts';

export const check = defineCommand({
	name: 'check',
	about: 'check configuration, credentials, registries, hosts and CI',
	run: async ({invocation}) => (await import('./check.ts')).check(invocation),
});
