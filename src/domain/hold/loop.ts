import {shellCommands} from '../audit/commands/shell.ts';
import type {CleanerKind} from './cleaner-kind.ts';
import type {HostProcess} from './host-now.ts';
import {baseName} from './program.ts';

/** A shell that cleans, sleeps, and begins anew. */
export type Loop = {
	kind: CleanerKind;
	/** The command that cleans. */
	line: string;
	/** In the order of the loop: the seconds of each `sleep`, where they are written as a number, and where it cleans. */
	body: ('cleans' | {sleeps: number | undefined})[];
};

const shells = /^(?:sh|bash|dash|ash|ksh|mksh|zsh|busybox)$/;
const keywords = /^(?:do|then|else|elif|if|while|until|!|\{|time|exec)$/;

/** The text that a shell was given with -c, or the text of its script. */
export function shellText({argv, script}: Pick<HostProcess, 'argv' | 'script'>): string | undefined {
	const at = argv.findIndex(word => /^-[a-z]*c$/.test(word));
	return shells.test(baseName(argv[0])) && at !== -1 && at < 4 ? argv[at + 1] : script;
}

/** @param kindOf what a command of the loop cleans */
export function loopIn(text: string, kindOf: (argv: string[]) => CleanerKind | undefined): Loop | undefined {
	const commands = shellCommands(text);
	const first = commands.findIndex(({argv}) => /^(?:while|until|for)$/.test(argv[0] ?? ''));
	const end = commands.findIndex(({argv}, n) => n > first && argv[0] === 'done');
	if (first === -1 || end === -1) {
		return undefined;
	}

	let found: Pick<Loop, 'kind' | 'line'> | undefined;
	const body = commands.slice(first, end).flatMap(({argv, line}): Loop['body'] => {
		const words = argv.slice(argv.findIndex(word => !keywords.test(word)));
		const kind = kindOf(words);
		if (kind !== undefined) {
			found ??= {kind, line};
			return ['cleans'];
		}

		return baseName(words[0]) === 'sleep' ? [{sleeps: seconds(words.slice(1))}] : [];
	});
	return found && {...found, body};
}

/**
 * When a loop that sleeps now cleans next, in seconds since 1970: when its sleep ends, and the other sleeps on the way.
 * @param child what it waits for
 * @returns undefined where that is not known
 */
export function nextOfLoop({body}: Loop, child: HostProcess): number | undefined {
	const now = seconds(sleepArguments(child) ?? []);
	const sleeps = body.flatMap((each, n) => (each === 'cleans' ? [] : [{n, ...each}]));
	const here = sleeps.length === 1 ? sleeps[0] : sleeps.find(({sleeps: length}) => length === now);
	if (now === undefined || here === undefined) {
		return undefined;
	}

	let left: number | undefined = now;
	for (let n = (here.n + 1) % body.length; body[n] !== 'cleans'; n = (n + 1) % body.length) {
		const each = body[n] as {sleeps: number | undefined};
		left = left === undefined || each.sleeps === undefined ? undefined : left + each.sleeps;
	}

	return left === undefined ? undefined : child.started + left;
}

/** The arguments of a `sleep`, also of busybox; undefined: it is another program. */
export function sleepArguments({argv}: Pick<HostProcess, 'argv'>): string[] | undefined {
	const at = baseName(argv[0]) === 'busybox' ? 1 : 0;
	return baseName(argv[at]) === 'sleep' ? argv.slice(at + 1) : undefined;
}

const units: Record<string, number> = {s: 1, m: 60, h: 3600, d: 86_400};

/** @see sleep(1): numbers with a unit, which are added */
function seconds(words: readonly string[]): number | undefined {
	const parts = words
		.filter(word => !/^\d*[<>]/.test(word))
		.map(word => {
			const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(word) ?? [];
			return number === undefined ? Number.NaN : Number(number) * units[unit]!;
		});
	const sum = parts.reduce((one, other) => one + other, 0);
	return parts.length === 0 || Number.isNaN(sum) ? undefined : sum;
}
