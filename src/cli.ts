import {realpathSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import manifest from '../package.json' with {type: 'json'};
import {createForeground} from './foreground.ts';
import type {CommonFlags, Invocation, Terminal} from './invocation.ts';

const {version} = manifest;
const home = path.resolve(path.dirname(realpathSync(fileURLToPath(import.meta.url))), '..');

// The commonest question is answered before anything else is loaded.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
	process.stdout.write(`${version}\n`);
} else {
	await main();
}

async function main(): Promise<void> {
	const [{runProgram}, {createRedaction}, {fold}] = await Promise.all([
		import('./program.ts'),
		import('./domain/text/redaction.ts'),
		import('./plain/layout/fit.ts'),
	]);
	// The last gate: whatever an error, a crash or a registry's own words hold, no secret that we read leaves here.
	const redaction = createRedaction();
	const voice: Voice = {
		redaction,
		print: text => void process.stdout.write(redaction.redact(text)),
		talk: text => void process.stderr.write(redaction.redact(text)),
	};
	const stopping = new AbortController();
	let interrupts = 0;

	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(signal, () => {
			interrupts++;
			// The second one does not wait for anything.
			if (interrupts > 1) {
				process.exit(130);
			}

			stopping.abort();
		});
	}

	// Whoever reads us may have heard enough: `regmedic … | head -1`. What is cut short was not done, so it is never exit 0.
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
				throw error;
			}

			stopping.abort();
		});
	}

	process.exitCode = await runProgram(process.argv.slice(2), {
		version,
		home,
		invocation: flags => invocationOf(flags, stopping.signal, voice),
		print: voice.print,
		talk: voice.talk,
		// Hidden before it is folded: a secret with a space in it would come in two halves.
		talkWrapped: text => void process.stderr.write(fold(redaction.redact(text), widthOf(process.stderr))),
	});
}

/** Whatever is no terminal gets each sentence whole: it may be searched. */
function widthOf({isTTY, columns}: NodeJS.WriteStream): number {
	return isTTY === true && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

type Voice = Pick<Invocation, 'redaction' | 'print' | 'talk'>;

function invocationOf(flags: CommonFlags, signal: AbortSignal, voice: Voice): Invocation {
	return {
		flags,
		environment: process.env,
		folder: process.cwd(),
		home,
		version,
		actor: userName(),
		processes: {own: process.pid, user: process.getuid?.(), kill: (id, signal) => void process.kill(id, signal)},
		terminal: terminalOf(flags),
		...(process.stdin.isTTY === true && process.stderr.isTTY === true
			? {foreground: createForeground(process.stdin)}
			: {}),
		...voice,
		signal,
	};
}

/** A container may run us as a number that no name belongs to. */
function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return `uid ${process.getuid?.() ?? 'unknown'}`;
	}
}

/** The whole group, so that the shell that started us, or npm, takes over. */
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
		stderr,
		interactive: stdin.isTTY === true && stdout.isTTY === true,
		colors: !plain && (forced || stdout.isTTY === true),
		unicode: /UTF-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
		suspend,
	};
}
