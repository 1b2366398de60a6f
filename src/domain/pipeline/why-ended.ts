import {defined} from '../defined.ts';
import {type Blamed, blame} from './blame.ts';
import type {Pipeline} from './pipeline.ts';
import {readableError} from './server-error.ts';

/** Why a pipeline ended as it did: the one place that decides it. */
export type PipelineEnd =
	| {kind: 'succeeded'}
	| {kind: 'superseded'; by: number}
	/** `by` is absent where the server does not tell. */
	| {kind: 'cancelled'; by?: string; begun: boolean}
	/** Nobody cancelled it: its time limit passed, or its agent was stopped. */
	| {kind: 'killed'}
	| {kind: 'declined'; by?: string}
	/** The server could not make a pipeline of its file. */
	| {kind: 'not-begun'; reasons: string[]}
	| ({kind: 'failed'; reason?: string; cause: FailureCause; exitCode?: number} & Partial<Blamed>);

/** `image`: the image that the step runs in cannot be pulled. */
type FailureCause = 'image' | 'space' | 'killed' | 'other';

/**
 * Evidence in this order: who cancelled it, the error of workflow and step, the log, the exit code.
 * @param lastLines the end of the log of a step, where it is known
 */
export function whyEnded(pipeline: Pipeline, lastLines: (stepId: number) => readonly string[] = () => []): PipelineEnd {
	const {status, state, cancelled, errors, reviewedBy, tellsWhoCancelled, started} = pipeline;
	if (state === 'succeeded') {
		return {kind: 'succeeded'};
	}

	if (status === 'declined') {
		return {kind: 'declined', ...defined({by: reviewedBy})};
	}

	if (status === 'error') {
		return {kind: 'not-begun', reasons: errors.map(readableError)};
	}

	// A restart has a copy of the old cancel_info: only in a pipeline that was cancelled itself it is about this one.
	const isKilled = status === 'killed' || status === 'canceled' || status === 'skipped';
	if (isKilled && cancelled?.supersededBy !== undefined) {
		return {kind: 'superseded', by: cancelled.supersededBy};
	}

	if (isKilled && tellsWhoCancelled && status === 'killed' && cancelled === undefined) {
		return {kind: 'killed'};
	}

	if (isKilled || wasCancelled(pipeline)) {
		const by = isKilled ? (cancelled?.by ?? (cancelled?.step && `its step ${cancelled.step}`)) : undefined;
		return {kind: 'cancelled', begun: started !== undefined, ...defined({by})};
	}

	return failure(pipeline, lastLines);
}

/** What agents before 3.14 write when their pipeline is cancelled; its status ends as `failure`. */
const cancelWords = /^(?:Canceled|context canceled|workflow state not found)$/;

function wasCancelled({workflows}: Pipeline): boolean {
	return workflows.some(({error, steps}) =>
		[error, ...steps.map(step => step.error)].some(text => text !== undefined && cancelWords.test(text.trim())),
	);
}

function failure(pipeline: Pipeline, lastLines: (stepId: number) => readonly string[]): PipelineEnd {
	const blamed = blame(pipeline);
	const {workflow, step} = blamed ?? {};
	// `uuid=…: exit code 3` says no more than the exit code.
	const workflowError = workflow?.error?.startsWith('uuid=') ? undefined : workflow?.error;
	const said = step?.error ?? workflowError;
	const lines = step === undefined ? [] : lastLines(step.id);
	const reason = said ?? tellingLine(lines) ?? pipeline.errors.map(readableError)[0];
	const evidence = said ?? lines.join('\n');
	return {
		kind: 'failed',
		cause: causeOf(evidence, step?.exitCode),
		...blamed,
		...defined({reason, exitCode: step?.exitCode}),
	};
}

const errorWords = /\berror\b|\bfail(?:ed|ure)?\b|\bfatal\b|denied|no space|can't|cannot|not found/i;

/** The last line that says what went wrong, else the last line. */
function tellingLine(lines: readonly string[]): string | undefined {
	const texts = lines.map(line => line.trim()).filter(line => line !== '');
	// What a shell prints before a command is not what the command says.
	const said = texts.filter(line => !line.startsWith('+ '));
	return said.findLast(line => errorWords.test(line)) ?? said.at(-1);
}

const imageWords =
	/no such image|manifest unknown|manifest for .* not found|pull access denied|failed to (?:resolve reference|pull)|(?:image|it) can't be pulled|error(?: while)? pulling|ErrImagePull|ImagePullBackOff/i;
const killedBySignal = 137;

function causeOf(text: string, exitCode: number | undefined): FailureCause {
	if (imageWords.test(text)) {
		return 'image';
	}

	return /no space left on device|ENOSPC/i.test(text) ? 'space' : exitCode === killedBySignal ? 'killed' : 'other';
}
