import {defineCommand, flag, positive} from '../command.ts';
import {speed} from '../options.ts';

export const drill = defineCommand({
	name: 'drill [scenario]',
	about: 'rehearse an incident on simulators',
	options: {
		'--seed <n>': positive('the same seed breaks the same things', 1),
		'--auto': flag('follow every recommendation and pass every gate'),
		'--list': flag('list the scenarios'),
		'--speed <n>': speed,
	},
	run: async ({invocation, argument, options}) => (await import('./drill.ts')).drill(argument, options, invocation),
});
