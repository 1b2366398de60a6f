import {isHarmless, type ShellCommand} from './shell.ts';

const engines = /(?:^|\/)(?:docker|docker-compose|podman|podman-compose|nerdctl)$/;
const runners = /(?:^|\/)(?:systemctl|service|rc-service|supervisorctl)$/;
const bystanders = /^(?:nginx|traefik|caddy|haproxy|cron|crond)(?:\.service)?$/;

/** Whether a command runs in a container or about one. */
export function isOfEngine(argv: readonly string[]): boolean {
	return argv.some(word => engines.test(word));
}

function does({argv}: ShellCommand, verbs: RegExp): boolean {
	return (
		argv.some(word => engines.test(word) || runners.test(word)) &&
		argv.some(word => verbs.test(word)) &&
		!argv.some(word => bystanders.test(word))
	);
}

/** Nothing is pushed after it, until a start. */
export function stops(command: ShellCommand): boolean {
	return does(command, /^(?:stop|down|pause|kill)$/) || command.argv.some(word => /read-?only/i.test(word));
}

export function starts(command: ShellCommand): boolean {
	return does(command, /^(?:start|up)$/);
}

export function restarts(command: ShellCommand): boolean {
	return does(command, /^(?:restart|force-recreate|--force-recreate)$/);
}

const flush = /\bflush(?:all|db)\b/i;
const client = /(?:^|[\s/"'])(?:redis|valkey|keydb)-cli\b/;

/**
 * Whether these commands delete the keys of a descriptor cache from Redis. A Redis that is restarted reads them from its disk
 * again, as its default settings save them.
 * @see redis.io/docs, persistence
 */
export function forgetsKeys(commands: readonly ShellCommand[]): boolean {
	const texts = commands.map(({argv}) => argv.join(' '));
	const isFlush = texts.some((text, n) => {
		const isSent = isHarmless(commands[n]!.argv) && /(?:-cli|\bnc|\bncat|\bsocat)\b/.test(texts[n + 1] ?? '');
		return (
			flush.test(text) &&
			(isSent || /\.flush(?:all|db)\(/i.test(text) || (client.test(text) && !isHarmless(commands[n]!.argv)))
		);
	});
	// Without `blobs::*` nothing of `repository::*` is believed.
	const acting = texts.filter((_, n) => !isHarmless(commands[n]!.argv));
	const isDeleted =
		acting.some(text => text.includes('blobs::')) &&
		acting.some(text => client.test(text) && /(?:^|\s)(?:del|unlink)\b|\bcall\(\s*["']?(?:del|unlink)\b/i.test(text));
	return isFlush || isDeleted;
}
