import {defineCommand, flag, text} from '../command.ts';
import {plainHttp} from '../options.ts';

export const usage = defineCommand({
	name: 'usage [image...]',
	about: 'which workloads run which image of a registry, damaged ones first',
	options: {
		'--registry <name>': text('a configured registry; it may be left out where there is only one'),
		'--images': flag('only print the references, one a line, and ask no registry about them'),
		'--plain-http': plainHttp,
	},
	footnote:
		'The configuration says where it is known: usage: {kubectl: {context: NAME}}, {command: […]} or {file: PATH}.',
	run: async ({invocation, argument, options}) => (await import('./usage.ts')).usage(argument, options, invocation),
});
