import {defineCommand, flag, text} from '../command.ts';
import {fillCache, plainHttp} from '../options.ts';

export const respond = defineCommand({
	name: 'respond [runbook]',
	about: 'lead through a real incident, from the alert to a verified fix',
	options: {
		'--image <ref>': text('the image that cannot be pulled, HOST/REPOSITORY:TAG'),
		'--dry-run': flag('run reads; only print what writes would change'),
		'--auto': flag('run reading steps without asking; stop at the first gate'),
		'--plain-http': plainHttp,
		'--fill-cache': fillCache,
	},
	run: async ({invocation, argument, options}) => (await import('./respond.ts')).respond(argument, options, invocation),
});
