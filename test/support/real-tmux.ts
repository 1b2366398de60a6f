import {execFile} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {promisify} from 'node:util';

const run = promisify(execFile);
const patienceMs = 20_000;
const lookEveryMs = 50;

// tmux 3.3 now and then loses the exit status of what ran in a pane. ctrl-c goes to the shell, too.
const keepStatus = ['sh', '-c', 'trap : INT; file=$1; shift; "$@"; printf %s $? >"$file"', 'sh'];

/** A real terminal: tmux, with a server of its own. */
export type Tmux = {
	/** The screen now, as a person sees it. */
	read(): Promise<string>;
	/** The screen as soon as it shows this. */
	until(pattern: RegExp): Promise<string>;
	/** Text as it is typed. */
	type(text: string): Promise<void>;
	/** Keys by tmux's names: `Enter`, `Escape`, `C-c`. */
	press(...keys: string[]): Promise<void>;
	/** Waits for the program's end. @returns its exit code and everything in the scrollback */
	ended(): Promise<{code: number; scrollback: string}>;
	/** Every screen that was read so far. */
	seen(): string;
	[Symbol.asyncDispose](): Promise<void>;
};

export async function openTmux(
	command: string[],
	{folder, environment, name}: {folder: string; environment: NodeJS.ProcessEnv; name: string},
): Promise<Tmux> {
	const socket = path.join(folder, name);
	const status = path.join(folder, `${name}.status`);
	const settings = path.join(folder, `${name}.conf`);
	await writeFile(settings, 'set -g remain-on-exit on\nset -g default-terminal screen-256color\n');
	const env = {...environment, TERM: 'xterm-256color'};
	const tmux = async (...args: string[]) => (await run('tmux', ['-S', socket, ...args], {env, cwd: folder})).stdout;
	const size = ['-x', '100', '-y', '30'];
	await tmux('-f', settings, 'new-session', '-d', ...size, '--', ...keepStatus, status, ...command);

	const seen: string[] = [];
	async function read(): Promise<string> {
		const shown = await tmux('capture-pane', '-p');
		seen.push(shown);
		return shown;
	}

	const exitCode = () =>
		readFile(status, 'utf8').then(
			text => (text === '' ? undefined : Number(text)),
			() => undefined,
		);

	async function patiently<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
		const deadline = performance.now() + patienceMs;
		for (;;) {
			const seen = await look();
			if (seen !== undefined) {
				return seen;
			}

			if (performance.now() > deadline) {
				throw new Error(`Never seen: ${what}\n\n${await read()}`);
			}

			await pause(lookEveryMs);
		}
	}

	return {
		read,
		until: pattern =>
			patiently(String(pattern), async () => {
				// Asked before the screen is read: then the last output is on it.
				const code = await exitCode();
				const shown = await read();
				if (code !== undefined && !pattern.test(shown)) {
					throw new Error(`It ended with ${code} and never showed ${pattern}\n\n${shown}`);
				}

				return pattern.test(shown) ? shown : undefined;
			}),
		type: async text => void (await tmux('send-keys', '-l', '--', text)),
		press: async (...keys) => void (await tmux('send-keys', ...keys)),
		async ended() {
			const code = await patiently('the end of the program', exitCode);
			const scrollback = await tmux('capture-pane', '-p', '-J', '-S', '-');
			seen.push(scrollback);
			return {code, scrollback};
		},
		seen: () => seen.join('\n'),
		async [Symbol.asyncDispose]() {
			await tmux('kill-server').catch(() => {});
		},
	};
}
