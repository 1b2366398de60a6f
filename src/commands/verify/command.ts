import {defineCommand, text} from '../command.ts';
import {plainHttp, walkOptions} from '../options.ts';

export const verify = defineCommand({
	name: 'verify <ref...>',
	about: 'verify images: index, children, config and every layer',
	options: {
		...walkOptions,
		'--platform <platform>': text('verify only this child of an index, for example linux/amd64'),
		'--plain-http': plainHttp,
	},
	run: async ({invocation, argument, options}) => (await import('./verify.ts')).verify(argument, options, invocation),
});
