import {isDigest} from '../../domain/image/digest.ts';
import type {Builder, BuildStage, BuildStatus, StartAnswer} from '../../engine/ports/builder.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import {checkedRequestId, orderLines} from './order.ts';
import {type Reply, readReply} from './reply.ts';
import {startScript} from './start-script.ts';
import {cancelScript, logScript, statusScript} from './status-scripts.ts';
import {wholeLines} from './whole-lines.ts';

const startTimeoutMs = 90_000;
const lookTimeoutMs = 30_000;
const cancelTimeoutMs = 60_000;
const logChunkBytes = 256 * 1024;

/**
 * Builds and pushes an image as a detached job on the host of a shell, below `~/.cache/regmedic/builds/`.
 * The shell stays its owner's: closing the builder leaves it open.
 * @param stopGraceMs how long a cancelled build may take to end by itself
 */
export function createBuilder({shell, stopGraceMs = 10_000}: {shell: Shell; stopGraceMs?: number}): Builder {
	const {place} = shell;

	return {
		place,
		async start(order, waiting) {
			const request = {
				kind: 'write' as const,
				script: startScript,
				args: [checkedRequestId(order.requestId)],
				input: orderLines(order),
				timeoutMs: startTimeoutMs,
			};
			return startAnswer(readReply(await shell.run(request, waiting), place), place);
		},
		async status(requestId, waiting) {
			const args = [checkedRequestId(requestId)];
			const result = await shell.run({kind: 'read', script: statusScript, args, timeoutMs: lookTimeoutMs}, waiting);
			return buildStatus(readReply(result, place));
		},
		async log(requestId, fromByte, waiting) {
			const args = [checkedRequestId(requestId), String(fromByte + 1), String(logChunkBytes)];
			const result = await shell.run({kind: 'read', script: logScript, args, timeoutMs: lookTimeoutMs}, waiting);
			const {words, rest} = readReply(result, place);
			const whole = wholeLines(rest, {ended: words[1] === 'ended' && rest.length < logChunkBytes});
			return {text: whole.toString('utf8'), nextByte: fromByte + whole.length};
		},
		async cancel(requestId, waiting) {
			const args = [checkedRequestId(requestId), String(Math.ceil(stopGraceMs / 100))];
			readReply(
				await shell.run({kind: 'write', script: cancelScript, args, timeoutMs: cancelTimeoutMs}, waiting),
				place,
			);
		},
		close: async () => {},
	};
}

function startAnswer({words: [state, ...rest]}: Reply, place: string): StartAnswer {
	const text = rest.join(' ');
	switch (state) {
		case 'started':
			return {state, program: text};
		case 'no-program':
			return {state, detail: `Nothing on ${place} can build: ${text}.`};
		case 'no-space':
			return {
				state,
				detail: `Only ${rest[0]} MiB are free on ${place} in ${rest.slice(1).join(' ')}; a build needs 1 GiB.`,
			};
		case 'busy':
			return {state, detail: `Another build runs on ${place}${text === '' ? '' : ` (${text})`}.`};
		default:
			throw new Error(`the start script said ${state}`);
	}
}

function buildStatus({words: [state, ...rest], rest: tail}: Reply): BuildStatus {
	const stage = rest[0] as BuildStage;
	switch (state) {
		case 'absent':
		case 'vanished':
			return {state};
		case 'running':
			return {state, stage};
		case 'pushed':
			return {state, ...(rest[0] !== undefined && isDigest(rest[0]) ? {digest: rest[0]} : {})};
		case 'failed':
			return {state, stage, exitCode: Number(rest[1]), detail: tail.toString('utf8').trim()};
		default:
			throw new Error(`the status script said ${state}`);
	}
}
