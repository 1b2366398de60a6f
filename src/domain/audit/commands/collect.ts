import type {Job} from './jobs.ts';
import {isTalk, type ShellCommand, shellCommands} from './shell.ts';

/** A `garbage-collect` that something runs. */
export type Collection = {
	/** The number of its line, from 1. */
	at: number;
	line: string;
	/** `unclear`: its flags come from a variable that nobody assigned where we could see it. */
	untagged: 'yes' | 'no' | 'unclear';
	dryRun: boolean;
	/** The registry is stopped or read-only meanwhile. */
	guarded: boolean;
	/** It starts anew afterwards, and has forgotten what is gone. */
	restarted: boolean;
};

export function collectionsIn(job: Job): Collection[] {
	return job.flatMap((command, n) => {
		const before = job.slice(0, n).some(stops);
		const after = job.slice(n + 1);
		return flagsOf(command.argv).map(flags => ({
			at: command.at,
			line: command.line,
			...flags,
			guarded: before,
			restarted: after.some(restarts) || (before && after.some(starts)),
		}));
	});
}

type Flags = Pick<Collection, 'untagged' | 'dryRun'>;

/**
 * What each `garbage-collect` among these words is told to do; those within a word of their own are `sh -c`'s.
 * Only what follows counts: `docker exec -d` detaches, and does not rehearse.
 */
export function flagsOf(argv: readonly string[]): Flags[] {
	if (isTalk(argv)) {
		return [];
	}

	const inner = argv.flatMap(word =>
		/\sgarbage-collect|garbage-collect\s/.test(word)
			? shellCommands(word).flatMap(command => flagsOf(command.argv))
			: [],
	);
	// Lists as other languages write them.
	const words = argv.flatMap(word =>
		/[[\],]/.test(word) && !/\s/.test(word) ? word.split(/[[\],]+/).filter(each => each !== '') : [word],
	);
	const at = words.indexOf('garbage-collect');
	return at === -1 ? inner : [...inner, readFlags(words.slice(at + 1).flatMap(word => word.split(/\s+/)))];
}

/** @see distribution registry/root.go: -d --dry-run, -m --delete-untagged; the last one said counts */
function readFlags(words: readonly string[]): Flags {
	let untagged: Flags['untagged'] = 'no';
	let dryRun = false;

	for (const word of words) {
		// `-m=false` as well; of `-md=false` the value is the last one's.
		const [, name, letters, value = 'true'] = /^(?:--(delete-untagged|dry-run)|-([a-z]+))(?:=(\w+))?$/.exec(word) ?? [];
		const isOn = /^(?:true|t|1)$/i.test(value);
		if (name === 'delete-untagged') {
			untagged = isOn ? 'yes' : 'no';
		} else if (name === 'dry-run') {
			dryRun = isOn;
		} else if (letters !== undefined) {
			const holds = (letter: string) => letters.includes(letter) && (isOn || !letters.endsWith(letter));
			untagged = holds('m') ? 'yes' : letters.endsWith('m') ? 'no' : untagged;
			dryRun = holds('d') || (dryRun && !letters.endsWith('d'));
		} else if (/^\$|^\$\{|^\$@/.test(word) && untagged === 'no') {
			untagged = 'unclear';
		}
	}

	return {untagged, dryRun};
}

const runners =
	/(?:^|\/)(?:docker|docker-compose|podman|podman-compose|nerdctl|systemctl|service|rc-service|supervisorctl)$/;
const bystanders = /^(?:nginx|traefik|caddy|haproxy|cron|crond)(?:\.service)?$/;

function does({argv}: ShellCommand, verbs: RegExp): boolean {
	return (
		argv.some(word => runners.test(word)) &&
		argv.some(word => verbs.test(word)) &&
		!argv.some(word => bystanders.test(word))
	);
}

function stops(command: ShellCommand): boolean {
	return does(command, /^(?:stop|down|pause|kill)$/) || command.argv.some(word => /read-?only/i.test(word));
}

function starts(command: ShellCommand): boolean {
	return does(command, /^(?:start|up)$/);
}

function restarts(command: ShellCommand): boolean {
	return does(command, /^(?:restart|force-recreate|--force-recreate)$/);
}
