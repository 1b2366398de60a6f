import {defineCommand, flag} from '../command.ts';
import {speed} from '../options.ts';

export const resume = defineCommand({
	name: 'resume [incident]',
	about: 'continue an incident; without a name, the latest open one',
	options: {
		'--take-over': flag('even if someone else holds it'),
		'--auto': flag('run reading steps without asking'),
		'--speed <n>': speed,
	},
	run: async ({invocation, argument, options}) => (await import('./resume.ts')).resume(argument, options, invocation),
});
