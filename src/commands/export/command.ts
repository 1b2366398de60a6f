import {choice, defineCommand, text} from '../command.ts';

export const exportIncident = defineCommand({
	name: 'export <incident>',
	about: 'print the post-mortem of an incident',
	options: {
		'--format <format>': choice('the format of the document', ['markdown', 'json'], 'markdown'),
		'--output <file>': text('write to this file instead of standard output'),
	},
	run: async ({invocation, argument, options}) =>
		(await import('./export.ts')).exportIncident(argument, options, invocation),
});
