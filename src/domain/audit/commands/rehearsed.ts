import {isRegistryImage} from '../host/settings.ts';

/**
 * Whether a command line runs one `garbage-collect --dry-run` and nothing else. Unlike the reading of other people's
 * scripts, this says no to every word that it does not know the meaning of.
 */
export function isRehearsed(command: string): boolean {
	const words = plainWords(command.replace(/^cd [\w./@+-]+ && /, ''));
	return words !== undefined && launches(words);
}

/** Undefined: there is something in it that a shell would do something about. */
function plainWords(text: string): string[] | undefined {
	const word = /^(?:[\w./:@=,+%-]+|'[\w./:@=,+% -]+'|"[\w./:@=,+%' -]+")(?= |$)/;
	const words: string[] = [];
	for (let rest = text.trim(); rest !== ''; rest = rest.replace(/^ +/, '')) {
		const [found] = word.exec(rest) ?? [];
		if (found === undefined) {
			return undefined;
		}

		words.push(found.replace(/^(["'])(.*)\1$/, '$2'));
		rest = rest.slice(found.length);
	}

	return words;
}

type Options = {/** Followed by a value. */ valued: RegExp; bare: RegExp};

const options = {
	sudo: {valued: /^(?:-u|--user)$/, bare: /^(?:-n|--non-interactive|--user=.+)$/},
	nice: {valued: /^-[nc]$/, bare: /^-(?:[nc]?\d+)$/},
	engine: {
		valued:
			/^(?:-f|--file|-p|--project-name|--project-directory|--profile|--env-file|-H|--host|--context|-n|--namespace)$/,
		bare: /^--(?:file|project-name|project-directory|profile|env-file|host|context|namespace)=.+$/,
	},
	exec: {
		valued: /^(?:-u|--user|-e|--env|-w|--workdir|--index|-n|--namespace|-c|--container)$/,
		bare: /^(?:-[itT]+|--interactive|--tty|--no-TTY|--(?:user|env|workdir|index|namespace|container)=.+)$/,
	},
	run: {
		valued: /^(?:-v|--volume|--mount|--volumes-from|-e|--env|--env-file|--name|--network|-u|--user)$/,
		bare: /^(?:-[itT]+|--rm|--no-deps|--no-TTY|--(?:volume|mount|volumes-from|env|env-file|name|network|user)=.+)$/,
	},
} satisfies Record<string, Options>;

function past(words: readonly string[], {valued, bare}: Options): readonly string[] {
	let n = 0;
	while (n < words.length && (valued.test(words[n]!) || bare.test(words[n]!))) {
		n += valued.test(words[n]!) ? 2 : 1;
	}

	return words.slice(n);
}

function launches([first = '', ...rest]: readonly string[]): boolean {
	switch (first.replace(/^(?:\/usr)?(?:\/local)?\/s?bin\//, '')) {
		case 'sudo':
		case 'doas':
			return launches(past(rest, options.sudo));

		case 'nice':
		case 'ionice':
			return launches(past(rest, options.nice));

		case 'timeout':
			return /^\d+[smh]?$/.test(rest[0] ?? '') && launches(rest.slice(1));

		case 'sh':
		case 'bash':
		case 'ash':
			return rest.length === 2 && rest[0] === '-c' && isRehearsed(rest[1]!);

		case 'docker':
		case 'podman':
		case 'nerdctl':
			return rest[0] === 'compose' ? serves(rest.slice(1), 'service') : serves(rest, 'image');

		case 'docker-compose':
		case 'podman-compose':
			return serves(rest, 'service');

		case 'kubectl':
			return serves(rest, 'pod');

		default:
			return collectsDry(/^REGISTRY_\w+=/.test(first) ? rest : [first, ...rest]);
	}
}

/** `exec CONTAINER …`, or `run IMAGE …`, whose entrypoint is the registry. */
function serves(words: readonly string[], runs: 'image' | 'service' | 'pod'): boolean {
	const [verb, ...said] = past(words, options.engine);
	if (verb === 'exec') {
		const [container = '-', ...inside] = past(said, options.exec);
		return !container.startsWith('-') && launches(inside[0] === '--' ? inside.slice(1) : inside);
	}

	const [image = '-', ...inside] = past(said, options.run);
	return (
		verb === 'run' &&
		(runs === 'image' ? isRegistryImage(image) : runs === 'service' && !image.startsWith('-')) &&
		collectsDry(inside[0] === 'garbage-collect' ? ['registry', ...inside] : inside)
	);
}

/** @see distribution registry/root.go: of a flag that is said twice the last one counts, and after `--` nothing is one */
function collectsDry([program = '', verb, ...words]: readonly string[]): boolean {
	const flags = words.filter(word => word.startsWith('-'));
	return (
		/^(?:\/[\w./-]+\/)?(?:docker-)?(?:registry|distribution)$/.test(program) &&
		verb === 'garbage-collect' &&
		words.length - flags.length === 1 &&
		words.every(word => !word.includes(' ')) &&
		flags.every(flag => /^(?:-[dmq]+|--(?:dry-run|delete-untagged|quiet)(?:=true)?)$/.test(flag)) &&
		flags.some(flag => /^(?:-[mq]*d[dmq]*|--dry-run(?:=true)?)$/.test(flag))
	);
}
