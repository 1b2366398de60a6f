import {OperatorError} from '../errors.ts';
import {isRegistryImage} from './registries/registry-on-host.ts';

declare const dryRunBrand: unique symbol;

/** A command that runs one `garbage-collect --dry-run` and nothing else. */
export type CollectionDryRun = string & {readonly [dryRunBrand]: true};

/**
 * regmedic runs no other command that mentions `garbage-collect` than one that passes here.
 * @throws OperatorError audit.not-a-rehearsal
 */
export function parseDryRun(command: string): CollectionDryRun {
	if (!isDryRun(command)) {
		throw new OperatorError('audit.not-a-rehearsal', `"${command}" may do more than a dry run.`, {
			hint: 'Write one plain command with --dry-run and the path of the configuration: docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml (registry 3: /etc/distribution/config.yml)',
			exit: 'configuration',
		});
	}

	if (/\s(?:-[dm]*q[dmq]*|--quiet(?:=true)?)(?=\s|["']|$)/.test(command)) {
		throw new OperatorError('audit.not-a-rehearsal', `"${command}" prints nothing: a quiet dry run proves nothing.`, {
			// @see distribution v3.1.1 registry/root.go: -q, --quiet
			hint: 'Leave out -q (--quiet).',
			exit: 'configuration',
		});
	}

	return command as CollectionDryRun;
}

/** The same dry run without -m; undefined where it has no -m. */
export function withoutUntagged(dryRun: CollectionDryRun): CollectionDryRun | undefined {
	const at = dryRun.lastIndexOf('garbage-collect');
	const flags = dryRun
		.slice(at)
		.replace(/\s--delete-untagged(?:=\w+)?(?=\s|["']|$)/g, '')
		.replace(/\s-([dmq]+)(?=\s|["']|$)/g, (_, letters: string) => {
			const left = letters.replaceAll('m', '');
			return left === '' ? '' : ` -${left}`;
		});
	const plain = `${dryRun.slice(0, at)}${flags}`;
	return plain === dryRun ? undefined : parseDryRun(plain);
}

/**
 * Whether a command line is one `garbage-collect --dry-run` and nothing else. Unlike the reading of a host's scripts, this
 * refuses every word whose meaning it does not know.
 */
function isDryRun(command: string): boolean {
	const words = plainWords(command.replace(/^cd [\w./@+-]+ && /, ''));
	return words !== undefined && launches(words);
}

/** Undefined: some part of it would be expanded or run by a shell. */
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

/** `valued`: options followed by a value. */
type Options = {valued: RegExp; bare: RegExp};

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

function withoutOptions(words: readonly string[], {valued, bare}: Options): readonly string[] {
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
			return launches(withoutOptions(rest, options.sudo));

		case 'nice':
		case 'ionice':
			return launches(withoutOptions(rest, options.nice));

		case 'timeout':
			return /^\d+[smh]?$/.test(rest[0] ?? '') && launches(rest.slice(1));

		case 'sh':
		case 'bash':
		case 'ash':
			return rest.length === 2 && rest[0] === '-c' && isDryRun(rest[1]!);

		case 'docker':
		case 'podman':
		case 'nerdctl':
			return rest[0] === 'compose' ? runsInContainer(rest.slice(1), 'service') : runsInContainer(rest, 'image');

		case 'docker-compose':
		case 'podman-compose':
			return runsInContainer(rest, 'service');

		case 'kubectl':
			return runsInContainer(rest, 'pod');

		default:
			return collectsDry(/^REGISTRY_\w+=/.test(first) ? rest : [first, ...rest]);
	}
}

/** `exec CONTAINER …`, or `run IMAGE …`, whose entrypoint is the registry. */
function runsInContainer(words: readonly string[], runs: 'image' | 'service' | 'pod'): boolean {
	const [verb, ...args] = withoutOptions(words, options.engine);
	if (verb === 'exec') {
		const [container = '-', ...inside] = withoutOptions(args, options.exec);
		return !container.startsWith('-') && launches(inside[0] === '--' ? inside.slice(1) : inside);
	}

	const [image = '-', ...inside] = withoutOptions(args, options.run);
	return (
		verb === 'run' &&
		(runs === 'image' ? isRegistryImage(image) : runs === 'service' && !image.startsWith('-')) &&
		collectsDry(inside[0] === 'garbage-collect' ? ['registry', ...inside] : inside)
	);
}

/** @see distribution registry/root.go: of a flag that occurs twice the last one counts, and after `--` nothing is one */
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
