import type {Pipeline} from './pipeline.ts';
import type {PipelineEnd} from './why-ended.ts';

type Failed = Extract<PipelineEnd, {kind: 'failed'}>;

/** One or two sentences: what became of a pipeline, and why. */
export function sayEnd({number, tellsWhoCancelled}: Pipeline, end: PipelineEnd): string {
	const what = `Pipeline ${number}`;
	switch (end.kind) {
		case 'succeeded':
			return `${what} succeeded.`;
		case 'superseded':
			return `${what} was cancelled, because pipeline ${end.by} replaced it.`;
		case 'cancelled':
			return `${what} was cancelled${end.by === undefined ? '' : ` by ${end.by}`}${end.begun ? '' : ' before it began'}.${
				end.by === undefined && !tellsWhoCancelled
					? ' This version of Woodpecker does not say by whom: a person, a newer pipeline, or its time limit.'
					: ''
			}`;
		case 'killed':
			return `${what} was killed, and nobody cancelled it: its time limit passed, or its agent was stopped.`;
		case 'declined':
			return `${what} was declined${end.by === undefined ? '' : ` by ${end.by}`}. Nothing of it ran.`;
		case 'not-begun':
			return `${what} failed before its first step: ${sentence(end.reasons.join('; ') || 'the server gives no reason')}`;
		case 'failed':
			return `${what} failed: ${sayFailure(end)}`;
	}
}

/** In a few words, without a full stop: for a list of several. */
export function sayCause(end: PipelineEnd): string {
	switch (end.kind) {
		case 'failed':
			return sayShortly(end);
		case 'not-begun':
			return `could not begin: ${end.reasons.join('; ') || 'no reason given'}`;
		case 'killed':
			return 'killed by its time limit or with its agent';
		default:
			return end.kind;
	}
}

function sayShortly({workflow, step, cause, exitCode}: Failed): string {
	if (step === undefined) {
		return workflow === undefined ? 'no reason given' : `workflow "${workflow.name}" could not be set up`;
	}

	if (cause === 'image') {
		return `the image of step "${step.name}" cannot be pulled`;
	}

	return step.error === undefined
		? `step "${step.name}" ended with exit code ${exitCode ?? 'unknown'}`
		: `step "${step.name}" could not start`;
}

function sayFailure({workflow, step, reason, exitCode, cause}: Failed): string {
	if (step === undefined) {
		return workflow === undefined
			? sentence(reason ?? 'the server gives no reason')
			: `workflow "${workflow.name}" could not be set up: ${sentence(reason ?? 'the server gives no reason')}`;
	}

	if (step.error !== undefined) {
		const gone = cause === 'image' ? ' Its image cannot be pulled.' : '';
		return `step "${step.name}" could not start: ${sentence(step.error)}${gone}`;
	}

	const exited =
		cause === 'killed'
			? `step "${step.name}" was killed (exit code ${exitCode}), often because memory ran out.`
			: `step "${step.name}" ended with exit code ${exitCode ?? 'unknown'}.`;
	return reason === undefined ? exited : `${exited} It said: ${sentence(reason)}`;
}

/** On one line, with one full stop. */
function sentence(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return /[.!?]$/.test(line) ? line : `${line}.`;
}
