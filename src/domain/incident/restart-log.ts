import {chooseCompose} from '../storage/restart-form.ts';

const word = '[\\w@%+=:,./~-]+';
const restart = new RegExp(
	`^(?<folder>cd +${word} *&& *)?` +
		`(?<program>(?:sudo +(?:-n +)?)?(?:docker|podman)(?<compose>-compose| +compose)?)` +
		`(?<options>(?: +${word})*?) +(?<verb>restart|start|up)(?<rest>(?: +${word})*)$`,
);

/** The proxy that is restarted after the registry has a log of its own. */
const afterRestart =
	/ && (?:docker|podman|systemctl(?: --user)?|docker-compose(?: -f \S+)?|cd \S+ && docker-compose(?: -f \S+)?) restart \S+$/;

/**
 * The command that reads the end of the log of the container that this command restarts. Undefined: it is not a command of
 * docker, podman or compose that is simple enough to tell.
 * @see docs.docker.com/reference/cli/docker/container/logs and …/compose/logs: both have `--tail`
 */
export function restartLogCommand(command: string, lines: number): string | undefined {
	if (command.startsWith(`${chooseCompose} && `)) {
		const log = restartLogCommand(
			command
				.slice(chooseCompose.length + ' && '.length)
				.replaceAll('$compose', 'docker-compose')
				.replace(`${chooseCompose} && `, ''),
			lines,
		);
		return log && `${chooseCompose} && ${log.replace('docker-compose', '$compose')}`;
	}

	const [, unit] = /^systemctl((?: --user)? +restart +[\w@.-]+)$/.exec(command.trim().replace(afterRestart, '')) ?? [];
	if (unit !== undefined) {
		return `journalctl${unit.replace(/ +restart +/, ' --unit=')} --lines=${lines} --no-pager 2>&1`;
	}

	const [, kubectlOptions, workload] = /^kubectl((?: --\w+=\S+)*) rollout restart (\S+)/.exec(command) ?? [];
	if (workload !== undefined) {
		return `kubectl${kubectlOptions} logs ${workload} --tail=${lines} 2>&1`;
	}

	const {
		folder = '',
		program,
		compose,
		options = '',
		verb,
		rest = '',
	} = restart.exec(command.trim().replace(afterRestart, ''))?.groups ?? {};
	if (program === undefined || (verb === 'up' && compose === undefined)) {
		return undefined;
	}

	const names = namesIn(rest.trim().split(/ +/).filter(Boolean));
	if (names.length === 0 && compose === undefined) {
		return undefined;
	}

	// Without compose, each container has its own log.
	const shown = compose === undefined ? names.slice(0, 1) : names;
	return `${[`${folder}${program}${options}`, 'logs', '--tail', lines, ...shown].join(' ')} 2>&1`;
}

/** Options before a name that take a value in the next word. */
const withValue = new Set(['-t', '--time', '--timeout', '-s', '--signal', '--scale', '--pull']);

function namesIn(words: readonly string[]): string[] {
	return words.filter((each, at) => !each.startsWith('-') && !withValue.has(words[at - 1] ?? ''));
}
