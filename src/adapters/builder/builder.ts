import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {isDigest} from '../../domain/image/digest.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {BaseDigest, Builder, BuildStage, BuildStatus, StartAnswer} from '../../engine/ports/builder.ts';
import type {Shell, ShellResult} from '../../engine/ports/shell.ts';
import {abilitiesIn, abilitiesScript} from './abilities.ts';
import {builderCheck, sourceLines} from './check-builder.ts';
import {checkScript} from './check-script.ts';
import {checkedRequestId, orderLines, variableLines} from './order.ts';
import {recipeScript} from './recipe-script.ts';
import {startScript} from './start-script.ts';
import {cancelScript, logScript, statusScript, tidyScript} from './status-scripts.ts';

const startTimeoutMs = 90_000;
const checkTimeoutMs = 240_000;
const recipeTimeoutMs = 100_000;
const abilitiesTimeoutMs = 120_000;
const readTimeoutMs = 30_000;
const cancelTimeoutMs = 120_000;
const tidyTimeoutMs = 120_000;
const logChunkBytes = 256 * 1024;

/**
 * Builds and pushes an image as a detached job on the host of a shell, below `~/.cache/regmedic/builds/`.
 * The shell belongs to the caller: closing the builder leaves it open.
 * @param redact hides secrets in the end of a log, before it is cut further
 * @param stopGraceMs how long a cancelled build may take to end by itself
 */
export function createBuilder({
	shell,
	stopGraceMs = 10_000,
	redact = text => text,
}: {
	shell: Shell;
	stopGraceMs?: number;
	redact?: Redact;
}): Builder {
	const {place} = shell;

	return {
		place,
		async check(source, waiting) {
			const input = sourceLines(source);
			const result = await shell.run({kind: 'read', script: checkScript, input, timeoutMs: checkTimeoutMs}, waiting);
			return builderCheck(readReply(result, place, redact).rest.toString('utf8'));
		},
		async recipe(source, waiting) {
			const input = sourceLines(source);
			const result = await shell.run({kind: 'read', script: recipeScript, input, timeoutMs: recipeTimeoutMs}, waiting);
			const {
				words: [state, ...said],
				rest,
			} = readReply(result, place, redact);
			return state === 'read'
				? {state, commit: said.join(' '), dockerfile: rest.toString('utf8')}
				: {state: 'unreadable', why: redact(said.join(' '))};
		},
		async abilities({program, environment, secrets}, waiting) {
			const files = Object.values(secrets);
			const request = {
				kind: 'read' as const,
				script: abilitiesScript,
				args: [program],
				input: `${[String(files.length), ...files].join('\n')}\n${variableLines(environment)}`,
				timeoutMs: abilitiesTimeoutMs,
			};
			return abilitiesIn(readReply(await shell.run(request, waiting), place, redact).rest.toString('utf8'));
		},
		async start(order, waiting) {
			const request = {
				kind: 'write' as const,
				script: startScript,
				args: [checkedRequestId(order.requestId)],
				input: orderLines(order),
				timeoutMs: startTimeoutMs,
			};
			return startAnswer(readReply(await shell.run(request, waiting), place, redact), place);
		},
		async status(requestId, waiting) {
			const args = [checkedRequestId(requestId)];
			const result = await shell.run({kind: 'read', script: statusScript, args, timeoutMs: readTimeoutMs}, waiting);
			return buildStatus(readReply(result, place, redact), redact);
		},
		async log(requestId, fromByte, waiting) {
			const args = [checkedRequestId(requestId), String(fromByte + 1), String(logChunkBytes)];
			const result = await shell.run({kind: 'read', script: logScript, args, timeoutMs: readTimeoutMs}, waiting);
			const {words, rest} = readReply(result, place, redact);
			const isLast = words[1] === 'ended' && rest.length < logChunkBytes;
			const piece = isLast ? rest : wholeLines(rest);
			return {text: piece.toString('utf8'), nextByte: fromByte + piece.length};
		},
		async cancel(requestId, waiting) {
			const args = [checkedRequestId(requestId), String(Math.ceil(stopGraceMs / 100))];
			const request = {kind: 'write', script: cancelScript, args, timeoutMs: cancelTimeoutMs} as const;
			readReply(await shell.run(request, waiting), place, redact);
		},
		async tidy(requestId, waiting) {
			const args = [checkedRequestId(requestId)];
			const request = {kind: 'write', script: tidyScript, args, timeoutMs: tidyTimeoutMs} as const;
			readReply(await shell.run(request, waiting), place, redact);
		},
		close: async () => {},
	};
}

const mark = 'regmedic-builder ';

/** The line that a script replies with, and the bytes after it. */
type Reply = {words: string[]; rest: Buffer};

/** Finds the reply in the output of a script; a login shell may print before it. @throws OperatorError builder.unusable */
function readReply({exitCode, stdout, stderr}: ShellResult, place: string, redact: Redact): Reply {
	const bytes = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength);
	const start = startOfReply(bytes);

	if (start === -1 || exitCode !== 0) {
		const reason = redact(stderr, {before: true}).trim().split('\n').at(-1) || `a script ended with exit ${exitCode}`;
		throw new OperatorError('builder.unusable', `Builds can't run on ${place}: ${reason}.`, {
			hint: 'Check that your user there has a home folder it can write to, and the usual programs of a Linux system.',
			exit: 'failed',
		});
	}

	const end = bytes.indexOf('\n', start);
	const line = bytes.toString('utf8', start + mark.length, end === -1 ? bytes.length : end);
	return {words: line.split(' '), rest: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 1)};
}

function startOfReply(bytes: Buffer): number {
	if (bytes.indexOf(mark) === 0) {
		return 0;
	}

	const lineEnd = bytes.indexOf(`\n${mark}`);
	return lineEnd === -1 ? -1 : lineEnd + 1;
}

function startAnswer({words: [state, ...rest]}: Reply, place: string): StartAnswer {
	const text = rest.join(' ');
	switch (state) {
		case 'started':
			return {state, program: text};
		case 'no-program':
			return {state, detail: `No build program works on ${place}: ${text}.`};
		case 'no-space': {
			const [free, needed, ...folder] = rest;
			const message = `Only ${free} MiB are free on ${place} in ${folder.join(' ')}; a build needs ${needed} MiB there.`;
			return {state, detail: message};
		}
		case 'busy':
			return {state, detail: `Another build is running on ${place}${text === '' ? '' : ` (${text})`}.`};
		default:
			throw new Error(`the start script replied ${state}`);
	}
}

function buildStatus({words: [state, word, exitCode], rest}: Reply, redact: Redact): BuildStatus {
	switch (state) {
		case 'absent':
			return {state};
		case 'vanished':
		case 'running':
			return {state, stage: stageIn(word)};
		case 'pushed':
			return {
				state,
				...defined({digest: word !== undefined && isDigest(word) ? word : undefined}),
				...basesIn(rest.toString('utf8')),
			};
		case 'failed':
			return {
				state,
				stage: stageIn(word),
				exitCode: Number(exitCode),
				// The host cut the log before it.
				detail: redact(rest.toString('utf8'), {before: true}).trim(),
			};
		default:
			throw new Error(`the status script replied ${state}`);
	}
}

/** Of several platforms a base has several digests. */
function basesIn(text: string): {bases?: BaseDigest[]} {
	const found = [...new Set(text.split('\n'))].flatMap(line => {
		const [, name = '', digest = ''] = /^base (\S+) (\S+)$/.exec(line) ?? [];
		return isDigest(digest) ? [{name, digest}] : [];
	});
	return found.length === 0 ? {} : {bases: found};
}

const stages: readonly BuildStage[] = ['clone', 'login', 'build', 'push'];

function stageIn(word: string | undefined): BuildStage {
	const stage = stages.find(each => each === word);
	if (stage === undefined) {
		throw new Error(`the status script replied with the stage ${word}`);
	}

	return stage;
}

/** A line longer than this is given out in pieces. */
const longestLineBytes = 128 * 1024;

/** Cuts a piece of a growing log after its last line end, so that neither a character nor a secret is split. */
function wholeLines(piece: Buffer): Buffer {
	const end = Math.max(piece.lastIndexOf('\n'), piece.lastIndexOf('\r')) + 1;
	return end === 0 && piece.length >= longestLineBytes ? piece : piece.subarray(0, end);
}
