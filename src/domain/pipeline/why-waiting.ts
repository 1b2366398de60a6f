import {count} from '../text/wording.ts';
import type {Pipeline, PipelineStep} from './pipeline.ts';

/** What an admin sees of the queue, about one pipeline. */
export type Queue = {
	paused: boolean;
	/** Places for workflows that are free, over all agents. */
	free: number;
	running: number;
	/** The task of the pipeline, and what it asks of an agent. Absent: the queue does not know it. */
	task?: {state: 'pending' | 'running'; labels: Record<string, string>};
};

/** Why a pipeline does not begin, and what can be done. */
export function whyWaiting({number, status}: Pipeline, queue: Queue | undefined, waited: string): string {
	if (status === 'blocked') {
		return `Pipeline ${number} waits for an approval by someone who may push to the repository.`;
	}

	const begin = `Pipeline ${number} has waited ${waited} for an agent`;
	if (queue === undefined) {
		return `${begin}. Only an admin of the CI sees why: no agent fits, all are busy, or the queue is paused.`;
	}

	if (queue.paused) {
		return `${begin}: the queue of the CI is paused. An admin has to resume it.`;
	}

	if (queue.free <= 0) {
		return queue.running === 0
			? `${begin}: no agent is connected to the CI.`
			: `${begin}: no agent has a free place (${count(queue.running, 'workflow')} running).`;
	}

	const labels = Object.entries(queue.task?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
	return labels.length === 0
		? `${begin}, although ${count(queue.free, 'place')} of agents ${queue.free === 1 ? 'is' : 'are'} free: no agent fits it.`
		: `${begin}: no agent with a free place has its labels (${labels.join(', ')}).`;
}

/** What is said of a pipeline that runs and prints nothing. */
export function whySilent({number, steps}: Pipeline, queue: Queue | undefined, silent: string): string {
	const step = runningStep(steps);
	const where = step === undefined ? '' : ` in step "${step.name}"`;
	const died =
		queue !== undefined && queue.task === undefined
			? 'Its agent died: the queue does not know it any more.'
			: 'Its agent may have died; the server does not notice that.';
	return `Pipeline ${number} has printed no new line for ${silent}${where}. ${died}`;
}

/** The step that a pipeline is at. */
export function runningStep(steps: readonly PipelineStep[]): PipelineStep | undefined {
	return steps.find(({state, isService}) => state === 'running' && !isService);
}

/** What a person can do about it. */
export function whatHelps({status}: Pipeline): string {
	return status === 'blocked'
		? 'Approve it, or cancel it and build without the CI.'
		: 'Follow it on, or cancel it and build without the CI.';
}
