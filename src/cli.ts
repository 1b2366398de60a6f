import {realpathSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import manifest from '../package.json' with {type: 'json'};
import type {CommonFlags, Invocation, Terminal} from './commands/invocation.ts';

const {version} = manifest;
const home = path.resolve(path.dirname(realpathSync(fileURLToPath(import.meta.url))), '..');

// The commonest question is answered before anything else is loaded.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
	process.stdout.write(`${version}\n`);
} else {
	await main();
}

async function main(): Promise<void> {
	const {runProgram} = await import('./program.ts');
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

	// Whoever reads us may have heard enough: `regmedic … | head -1`.
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') {
			process.exit(0);
		}

		throw error;
	});

	process.exitCode = await runProgram(process.argv.slice(2), {
		version,
		home,
		invocation: flags => invocationOf(flags, stopping.signal),
		print: text => process.stdout.write(text),
		talk: text => process.stderr.write(text),
	});
}

function invocationOf(flags: CommonFlags, signal: AbortSignal): Invocation {
	return {
		flags,
		environment: process.env,
		folder: process.cwd(),
		home,
		version,
		actor: userInfo().username,
		terminal: terminalOf(flags),
		print: text => process.stdout.write(text),
		talk: text => process.stderr.write(text),
		signal,
	};
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
	const {env, stdin, stdout} = process;
	const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
	const plain = !flags.color || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
	return {
		stdin,
		stdout,
		interactive: stdin.isTTY === true && stdout.isTTY === true,
		colors: !plain && (forced || stdout.isTTY === true),
		unicode: /UTF-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
		suspend,
	};
}
