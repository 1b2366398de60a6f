import {realpathSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import manifest from '../package.json' with {type: 'json'};
import {exitCodes} from './domain/errors.ts';
import {createForeground} from './foreground.ts';
import type {CommonFlags, Invocation, Terminal} from './invocation.ts';
import {watchOutput} from './output-lost.ts';

const {version} = manifest;
const home = path.resolve(path.dirname(realpathSync(fileURLToPath(import.meta.url))), '..');

const stopping = new AbortController();
let ended: number | undefined;
const output = watchOutput(process, () => stopping.abort(), settle);

/** The end of the output may be lost after the end of the work. */
function settle(): void {
	if (ended !== undefined) {
		process.exitCode = output.codeOf(ended);
	}
}

// The commonest question is answered before anything else is loaded.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
	process.stdout.write(`${version}\n`);
	ended = exitCodes.done;
} else {
	await main();
}

async function main(): Promise<void> {
	const [{runProgram}, {createRedaction}, {fold}] = await Promise.all([
		import('./program.ts'),
		import('./domain/text/redaction.ts'),
		import('./plain/layout/fit.ts'),
	]);
	// Whatever an error, a crash or a registry's response holds, no secret that was read gets past this point.
	const redaction = createRedaction();
	const writers: Writers = {
		redaction,
		print: text => void process.stdout.write(redaction.redact(text)),
		talk: text => void process.stderr.write(redaction.redact(text)),
	};
	stopOnSignals(stopping);

	ended = await runProgram(process.argv.slice(2), {
		version,
		home,
		invocation: flags => invocationOf(flags, stopping.signal, writers),
		print: writers.print,
		talk: writers.talk,
		redact: redaction.redact,
		talkWrapped(text) {
			// Outside a terminal sentences are not broken into lines: they may be searched.
			const columns = widthOf(process.stderr) ?? Number.POSITIVE_INFINITY;
			// Redacted before it is folded: a secret with a space in it would be split over two lines.
			process.stderr.write(fold(redaction.redact(text), columns));
		},
	});
	settle();
}

type Writers = Pick<Invocation, 'redaction' | 'print' | 'talk'>;

/** The first signal stops the work; a second one ends the process at once. */
function stopOnSignals(stopping: AbortController): void {
	let isStopped = false;
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(signal, () => {
			if (isStopped) {
				process.exit(130);
			}

			isStopped = true;
			stopping.abort();
		});
	}
}

function widthOf({isTTY, columns}: NodeJS.WriteStream): number | undefined {
	return isTTY === true && columns > 0 ? columns : undefined;
}

function invocationOf(flags: CommonFlags, signal: AbortSignal, writers: Writers): Invocation {
	return {
		flags,
		environment: process.env,
		folder: process.cwd(),
		home,
		version,
		actor: userName(),
		processes: {
			own: process.pid,
			node: process.execPath,
			user: process.getuid?.(),
			kill: (id, name) => void process.kill(id, name),
		},
		terminal: terminalOf(flags),
		...(process.stdin.isTTY === true && process.stderr.isTTY === true
			? {foreground: createForeground(process.stdin)}
			: {}),
		...writers,
		signal,
	};
}

/** In a container the process may run as a user id that has no name. */
function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return `uid ${process.getuid?.() ?? 'unknown'}`;
	}
}

/** Stops the whole process group, so that the shell or npm that started it takes over. */
function suspend(): Promise<void> {
	return new Promise(resolve => {
		process.once('SIGCONT', () => resolve());
		process.kill(0, 'SIGTSTP');
	});
}

/** @see no-color.org and clig.dev for the order */
function terminalOf(flags: CommonFlags): Terminal {
	const {env, stdin, stdout, stderr} = process;
	const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
	const plain = !flags.color || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
	return {
		stdin,
		stdout,
		columns: () => widthOf(stdout),
		stderr,
		interactive: stdin.isTTY === true && stdout.isTTY === true,
		colors: !plain && (forced || stdout.isTTY === true),
		unicode: /UTF-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
		suspend,
	};
}
