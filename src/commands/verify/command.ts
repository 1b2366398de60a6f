import {depths} from '../../domain/image/verdict.ts';
import {choice, defineCommand, text} from '../command.ts';
import {fillCache, plainHttp, walkOptions} from '../options.ts';

export const verify = defineCommand({
	name: 'verify <ref...>',
	about: 'verify images: index, children, config and every layer',
	options: {
		...walkOptions,
		'--depth <depth>': choice(
			'head: every part exists; edge: and has its size, and configs are read; content: every byte is hashed; unpack: and every layer is unpacked',
			depths,
			'edge',
		),
		'--platform <platform>': text('verify only this platform, which has to be there, for example linux/amd64'),
		'--require <platforms>': text('platforms that all have to be there and whole: linux/amd64,linux/arm64'),
		'--plain-http': plainHttp,
		'--fill-cache': fillCache,
	},
	run: async ({invocation, argument, options}) => (await import('./verify.ts')).verify(argument, options, invocation),
});
