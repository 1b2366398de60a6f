import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {shippedHome, shippedProgram} from './shipped.ts';

export type RunOptions = {
	/** Added to the login's own variables. */
	environment?: Record<string, string>;
	/** The working directory. */
	folder?: string;
	/** Arguments of Node itself: `--import`. */
	nodeArguments?: string[];
	/** A program that starts regmedic: `sh -c … sh`. */
	wrapper?: string[];
	/** Standard input; absent: none. */
	input?: string;
	/** A person: is given what was said since the last answer, and answers a line, or nothing yet. */
	person?: (said: string) => string | undefined;
};

export type Ran = {exitCode: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string};

export type Running = {
	process: ChildProcess;
	/** Standard output so far. */
	said(): string;
	/** Resolves when standard output matches. */
	saying(pattern: RegExp): Promise<void>;
	ended: Promise<Ran>;
};

/** An empty user account: no configuration, no state, no ssh keys, no `docker login`. */
export type Login = {
	folder: string;
	/** Where incidents/ and drills/ are. */
	state: string;
	/** Runs `regmedic …` without a terminal. */
	run(args: string[], options?: RunOptions): Promise<Ran>;
	start(args: string[], options?: RunOptions): Running;
	/** The folders of the drills, by name. */
	drills(): Promise<string[]>;
	[Symbol.asyncDispose](): Promise<void>;
};

export async function openLogin(): Promise<Login> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic login-'));
	const state = path.join(folder, 'state/regmedic');
	await mkdir(path.join(folder, 'work'));
	const running = new Set<ChildProcess>();

	function start(args: string[], options: RunOptions = {}): Running {
		const {wrapper = [], nodeArguments = []} = options;
		const [program, ...words] = [...wrapper, process.execPath, ...nodeArguments, shippedProgram(), ...args];
		const child = spawn(program!, words, {
			cwd: options.folder ?? path.join(folder, 'work'),
			env: {...variables(folder), ...options.environment},
			stdio: [options.input === undefined && options.person === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
		});
		if (options.person === undefined) {
			child.stdin?.end(options.input);
		} else {
			answerFor(child, options.person);
		}
		running.add(child);
		child.on('close', () => running.delete(child));
		return listenTo(child);
	}

	return {
		folder,
		state,
		start,
		run: (args, options) => start(args, options).ended,
		drills: async () => {
			const names = await readdir(path.join(state, 'drills')).catch(() => []);
			return names.sort().map(name => path.join(state, 'drills', name));
		},
		async [Symbol.asyncDispose]() {
			await Promise.all([...running].map(child => child.kill('SIGKILL') && once(child, 'close')));
			await rm(folder, {recursive: true, force: true, maxRetries: 3});
		},
	};
}

function answerFor(child: ChildProcess, person: NonNullable<RunOptions['person']>): void {
	let said = '';
	// It may die while it is answered.
	child.stdin!.on('error', () => {});
	child.stdout!.on('data', chunk => {
		said += chunk;
		const answer = person(said);
		if (answer !== undefined) {
			said = '';
			child.stdin!.write(`${answer}\n`);
		}
	});
}

function variables(folder: string): Record<string, string> {
	return {
		PATH: process.env.PATH ?? '/usr/bin:/bin',
		HOME: folder,
		XDG_STATE_HOME: path.join(folder, 'state'),
		XDG_CONFIG_HOME: path.join(folder, 'config'),
		LANG: 'C.UTF-8',
		TZ: 'UTC',
		NODE_COMPILE_CACHE: path.join(shippedHome(), 'compiled'),
	};
}

function listenTo(child: ChildProcess): Running {
	const text = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) {
		child[name]!.setEncoding('utf8').on('data', chunk => {
			text[name] += chunk;
		});
	}

	return {
		process: child,
		said: () => text.stdout,
		async saying(pattern) {
			while (!pattern.test(text.stdout)) {
				if (child.exitCode !== null || child.signalCode !== null) {
					throw new Error(`It ended without saying ${pattern}:\n${text.stdout}\n${text.stderr}`);
				}

				const turn = new AbortController();
				const {signal} = turn;
				await Promise.race([once(child.stdout!, 'data', {signal}), once(child, 'exit', {signal})]);
				turn.abort();
			}
		},
		ended: once(child, 'close').then(([exitCode, signal]) => ({exitCode, signal, ...text})),
	};
}
