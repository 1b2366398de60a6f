import {defineCommand, flag, positive, text, texts} from '../command.ts';
import {fillCache, plainHttp} from '../options.ts';

export const respond = defineCommand({
	name: 'respond [runbook]',
	about: 'lead through a real incident, from the alert to a verified fix',
	options: {
		'--image <ref>': text('the image that cannot be pulled, HOST/REPOSITORY:TAG'),
		'--registry <name>': text('a configured registry, all of whose damage is responded to, or planned for'),
		'--plan <file>': text('only read; write what would be done about all damage of the registry to this file'),
		'--remedy <image=remedy>': texts('with --plan: another remedy than the recommended one; may be repeated'),
		'--valid <duration>': text(
			'with --plan: how long it may be applied (default: 1h, never longer for destructive changes)',
		),
		'--apply <file>': text('carry out a plan: at its gate, or with --approve'),
		'--approve <sha256>': text('with --apply, without a terminal: the SHA-256 of the file that was read'),
		'--destructive <n>': positive('with --approve: the number of destructive changes'),
		'--alert <file>': text(
			'take the registry and the image from an alert: the JSON of Alertmanager’s webhook, - for stdin',
		),
		'--another': flag('open a second incident of a registry that has an open one'),
		'--dry-run': flag('run reads; only print what writes would change'),
		'--auto': flag('run reading steps without asking; stop at the first gate'),
		'--plain-http': plainHttp,
		'--fill-cache': fillCache,
	},
	run: async ({invocation, argument, options}) => (await import('./respond.ts')).respond(argument, options, invocation),
});
