import {execa} from 'execa';
import {sayCommand} from '../../domain/text/command.ts';
import type {BuildCommand} from '../../engine/ports/build-command.ts';
import {endGroup, type Processes} from '../../engine/ports/processes.ts';
import {findProgram} from './find-program.ts';

const mostBytes = 4 * 1024 * 1024;

type Options = {
	command: readonly string[];
	follow?: readonly string[];
	/** The whole environment. */
	environment: Record<string, string | undefined>;
	processes: Processes;
};

export function createBuildCommand({command, follow, environment, processes}: Options): BuildCommand {
	async function run(
		words: readonly string[],
		request: string,
		{signal, timeoutMs, log}: Parameters<BuildCommand['order']>[1],
	): ReturnType<BuildCommand['order']> {
		signal.throwIfAborted();
		const [program = '', ...args] = words.map(word => word.replaceAll('{request}', request));
		const child = execa(program, args, {
			reject: false,
			stdin: 'ignore',
			all: true,
			detached: true,
			env: {...environment, REGMEDIC_REQUEST: request},
			extendEnv: false,
			maxBuffer: mostBytes,
		});
		// A CLI that starts another keeps its pipe open: the whole group ends.
		const end = () => endGroup(child.pid, 'SIGKILL', processes);
		const timer = setTimeout(end, timeoutMs);
		signal.addEventListener('abort', end, {once: true});
		try {
			const {all, exitCode, code} = await child;
			signal.throwIfAborted();
			const output = all.trim();
			log(output);
			// What could not be started has ordered nothing.
			return code === 'ENOENT' || code === 'EACCES'
				? {exitCode: 127, output: `${program} can't be started: ${code}`}
				: {...(exitCode !== undefined && {exitCode}), output};
		} finally {
			clearTimeout(timer);
			signal.removeEventListener('abort', end);
		}
	}

	return {
		command: sayCommand(command),
		...(follow !== undefined && {follow: sayCommand(follow)}),
		programs: () =>
			Promise.all(
				[command, ...(follow === undefined ? [] : [follow])].map(([program = '']) =>
					findProgram(program, environment.PATH),
				),
			),
		order: (request, waiting) => run(command, request, waiting),
		wait: (request, waiting) => run(follow ?? ['true'], request, waiting),
	};
}
