import {open} from 'node:fs/promises';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Json} from '../../domain/json.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {lookedAtBeside, lookedAtIn} from '../../domain/usage/half-answer.ts';
import {allKinds, type Usage, usesIn} from '../../domain/usage/usage.ts';
import {readWorkloads} from '../../domain/usage/workload.ts';
import type {Clock} from '../../engine/ports/clock.ts';
import type {Processes} from '../../engine/ports/processes.ts';
import type {UsageReader} from '../../engine/ports/usage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {runProgram} from './program.ts';

export type UsageSource =
	| {kubectl: {context?: string | undefined; kubeconfig?: string | undefined}}
	| {command: string[]}
	| {file: string};

type UsageOptions = {
	source: UsageSource;
	environment: Record<string, string | undefined>;
	processes: Processes;
	/** Every `host[:port]` by which pulls name the registry. */
	hosts: readonly string[];
	clock: Pick<Clock, 'now'>;
};

/** More would not fit into one text of Node. A pod takes 5 to 10 kB. */
const mostBytes = 400 * 1024 * 1024;
const timeoutMs = 60_000;

/** Reads which images a cluster uses. */
export function createUsageReader({source, clock, hosts, ...outside}: UsageOptions): UsageReader {
	const name = nameOf(source);
	return {
		source: name,
		hosts,
		async read({signal}) {
			if ('file' in source) {
				return readFile(source.file, name, {signal});
			}

			const at = clock.now().toISOString();
			if ('command' in source) {
				const [program, ...args] = source.command as [string, ...string[]];
				return readProgram({program, args, name}, {...outside, at, signal});
			}

			const {context, kubeconfig} = source.kubectl;
			// A list of a large cluster comes in pages; one page has no reason to take longer.
			const args = ['get', allKinds.join(','), '--all-namespaces', '-o', 'json', '--request-timeout=30s'];
			const where = [
				...(context === undefined ? [] : [`--context=${context}`]),
				...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
			];
			return readProgram(
				{program: 'kubectl', args: [...args, ...where], name, asked: allKinds},
				{...outside, at, signal},
			);
		},
	};
}

function nameOf(source: UsageSource): string {
	if ('file' in source) {
		return `the file ${source.file}`;
	}

	if ('command' in source) {
		return `the command ${source.command[0]}`;
	}

	const {context} = source.kubectl;
	return `kubectl${context === undefined ? '' : `, context ${context}`}`;
}

type Asked = {
	program: string;
	args: string[];
	name: string;
	/** The kinds that the program was asked for; absent: nobody knows. */
	asked?: readonly string[];
};

async function readProgram(
	{program, args, name, asked}: Asked,
	{at, ...outside}: Waiting & Pick<UsageOptions, 'environment' | 'processes'> & {at: string},
): Promise<Usage> {
	const {stdout, stderr, failure} = await runProgram(program, args, {...outside, timeoutMs, mostBytes});
	const said = visibleLine(stderr.trim().split('\n').at(-1) ?? '');
	if (failure?.kind === 'absent') {
		throw new OperatorError('workloads.no-program', `${program} was not found on this machine.`, {
			hint: 'Install it, or name another source: usage: {command: […]} or {file: …}.',
			exit: 'configuration',
		});
	}

	if (failure !== undefined && (stdout.trim() === '' || failure.kind === 'cut')) {
		throw new OperatorError('workloads.unreachable', `${name} printed no list: ${said || failure.say}`, {
			hint: 'Which images are used is not known. Run it by hand to see why.',
			exit: 'unreachable',
		});
	}

	const {workloads, kinds} = readWorkloads(jsonIn(stdout, name));
	const looked =
		failure === undefined
			? asked === undefined
				? lookedAtIn(kinds)
				: {lookedAt: [...asked], notLookedAt: []}
			: lookedAtBeside(stderr || failure.say, asked ?? allKinds, kinds);
	if (looked.lookedAt.length === 0) {
		throw new OperatorError('workloads.unreachable', `${name} could list nothing: ${said || 'the list is empty.'}`, {
			hint: 'Which images are used is not known. Run it by hand to see why.',
			exit: 'unreachable',
		});
	}

	return {at, source: name, ...looked, uses: usesIn(workloads)};
}

/** A file is as old as its last change. */
async function readFile(file: string, name: string, {signal}: Waiting): Promise<Usage> {
	const {text, at} = await textOf(file, signal).catch((cause: NodeJS.ErrnoException) => {
		signal.throwIfAborted();
		throw new OperatorError('workloads.unreadable', `Can't read ${file}: ${cause.code ?? cause.message}.`, {
			hint: 'usage.file names what `kubectl get pods,… -A -o json` printed.',
			exit: 'configuration',
			cause,
		});
	});
	const {workloads, kinds} = readWorkloads(jsonIn(text, file));
	return {at, source: name, ...lookedAtIn(kinds), uses: usesIn(workloads)};
}

async function textOf(file: string, signal: AbortSignal): Promise<{text: string; at: string}> {
	const handle = await open(file, 'r');
	try {
		const {mtime, size} = await handle.stat();
		if (size > mostBytes) {
			throw new Error(`it is larger than ${mostBytes} bytes`);
		}

		return {text: await handle.readFile({encoding: 'utf8', ...defined({signal})}), at: mtime.toISOString()};
	} finally {
		await handle.close();
	}
}

function jsonIn(text: string, name: string): Json {
	try {
		return JSON.parse(text) as Json;
	} catch (cause) {
		throw new OperatorError('workloads.unreadable', `What ${name} holds is not one JSON document.`, {
			hint: 'Write what `kubectl get pods,… --all-namespaces -o json` prints.',
			exit: 'configuration',
			cause,
		});
	}
}
