import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir, readFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import {locate, registryProgram, registryVersion} from './registry-program.ts';

/** A collection that stands still right before it removes its first file, or where it reads one. */
export type HeldCollection = {
	/** Of the collector itself, not of strace. */
	pid: number;
	/** Lets it go on, and waits for its end. @returns its exit code */
	release(): Promise<number>;
	[Symbol.asyncDispose](): Promise<void>;
};

const patienceMs = 20_000;

/**
 * Starts distribution's own collection under strace, which stops it at its first unlink.
 * @param reading a file: it is stopped where it reads that one
 * @throws where it does not get there
 */
export async function holdCollection(config: string, flags: string[] = [], reading?: string): Promise<HeldCollection> {
	const collector = registryProgram(registryVersion)!;
	// Go first tries to unlink the folder itself, which fails (EISDIR): there it is stopped, and nothing is removed yet.
	const call = reading === undefined ? 'unlinkat' : 'openat';
	// Go tries again after EINTR: so it stands still before it has opened the file.
	const how = reading === undefined ? '' : 'error=EINTR:';
	const only = reading === undefined ? [] : ['-P', reading];
	const inject = [...only, '-e', `trace=${call}`, '-e', `inject=${call}:${how}signal=SIGSTOP:when=1`];
	const strace = spawn(
		locate('strace')!,
		['-f', '-qq', '-o', '/dev/null', ...inject, collector, 'garbage-collect', ...flags, config],
		{
			stdio: 'ignore',
		},
	);
	const ended = once(strace, 'exit') as Promise<[number | null]>;
	const pid = await stopped(strace.pid!);

	return {
		pid,
		async release() {
			// strace counts the calls of each thread: another one may be stopped at its own first.
			while (strace.exitCode === null && strace.signalCode === null) {
				send(pid, 'SIGCONT');
				await Promise.race([ended, pause(50)]);
			}

			return (await ended)[0] ?? -1;
		},
		async [Symbol.asyncDispose]() {
			if (strace.exitCode === null && strace.signalCode === null) {
				send(pid, 'SIGKILL');
				await ended;
			}
		},
	};
}

/** The collector may have ended a moment before strace has. */
function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {}
}

/** Waits until the child of strace stands still. @see proc(5): state T, or t where it is traced */
async function stopped(strace: number): Promise<number> {
	for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await pause(20)) {
		for (const name of (await readdir('/proc')).filter(each => /^\d+$/.test(each))) {
			const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
			const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			const words = Number(parent) === strace ? await readFile(`/proc/${name}/cmdline`, 'utf8') : '';
			// Before it is the collector, it is a copy of strace that stops itself.
			if ((state === 'T' || state === 't') && words.includes('\0garbage-collect\0') && !words.includes('inject=')) {
				return Number(name);
			}
		}
	}

	throw new Error('The collection removed nothing, or never began.');
}
