import {defineCommand, flag, text} from '../command.ts';
import {storageOptions} from '../options.ts';

export const audit = defineCommand({
	name: 'audit [registry]',
	about: 'find what will cause the next incident; never writes',
	options: {
		...storageOptions,
		'--preflight': flag('run the registry’s garbage collection dry and name the images that a real one would break'),
		'--collect <command>': text('the command for --preflight; it must have --dry-run (default: storage.collect)'),
		'--pushgateway <url>': text('read the probe’s metrics here, to see whether the probe still runs'),
		'--metrics-file <file>': text('read the probe’s metrics from this file'),
	},
	footnote:
		'Exit 3: something will break images. 8: something could not be read.\n0: neither; lesser risks are listed and exit 0, too.',
	run: async ({invocation, argument, options}) => (await import('./audit.ts')).audit(argument, options, invocation),
});
