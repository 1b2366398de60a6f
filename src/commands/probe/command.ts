import {choice, defineCommand, flag, positive, text, texts} from '../command.ts';
import {fillCache, plainHttp, walkOptions} from '../options.ts';

export const probe = defineCommand({
	name: 'probe [registry]',
	about: 'verify a whole catalogue and write metrics; REGISTRY: a configured name, or HOST[:PORT]',
	options: {
		...walkOptions,
		'--repositories <file>': text(
			'look at these repositories, one a line, and not at the catalogue; - is standard input',
		),
		'--images <file>': text('look at these images, one a line (`regmedic usage --images`); - is standard input'),
		'--repository <glob>': texts(
			'only these repositories; may be repeated. Without a * the catalogue is not asked for',
		),
		'--tags <n>': positive('only the newest N tags of each repository'),
		'--shard <i/n>': text('only part I of N of the repositories, counted from 0'),
		'--push <url>': text(
			'push metrics to this Pushgateway, with the login of PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD',
		),
		'--metrics-file <file>': text('write metrics for node_exporter’s textfile collector; - is standard output'),
		'--inventory <file>': text('keep in this file which tags named which digests, and when (default: as configured)'),
		'--job <name>': text('the job of the pushed metrics', 'registry-integrity-probe'),
		'--role <role>': choice('a cache may lack children (default: as configured)', ['authoritative', 'cache']),
		'--estimate': flag(
			'only say how many requests of which kind a probe would make; no manifest and no blob is requested',
		),
		'--all': flag('list every image, also intact ones'),
		'--allow-empty': flag('accept an empty catalogue'),
		'--plain-http': plainHttp,
		'--fill-cache': fillCache,
	},
	run: async ({invocation, argument, options}) =>
		(await import('./probe.ts')).probeRegistry(argument, options, invocation),
});
