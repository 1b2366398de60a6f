import {defineCommand, flag, positive, text} from '../command.ts';
import {storageOptions} from '../options.ts';

export const scan = defineCommand({
	name: 'scan',
	about: 'find damage in a registry’s storage; never writes',
	options: {
		...storageOptions,
		'--registry <name>': text('a configured registry, whose storage is scanned'),
		'--hash': flag('read every blob on the host and hash it'),
		'--rate <mib>': positive('with --hash: read at most this many MiB a second'),
		'--inventory <file>': text('also tell what probes saw and the disk no longer shows (default: as configured)'),
		'--compare': flag('with --registry: also ask the registry about every damaged image, and some whole ones'),
		'--sample <n>': positive('with --compare: ask about so many whole images (20)'),
	},
	run: async ({invocation, options}) => (await import('./scan.ts')).scan(options, invocation),
});
