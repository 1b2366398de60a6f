import {count} from '../text/wording.ts';
import type {Pipeline} from './pipeline.ts';

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
export function whyWaiting({number, status, url}: Pipeline, queue: Queue | undefined, waited: string): string {
	const page = url === undefined ? '' : ` Its page: ${url}`;
	if (status === 'blocked') {
		return `Pipeline ${number} waits for an approval by someone who may push to the repository.${page}`;
	}

	const begin = `Pipeline ${number} has waited ${waited} for an agent`;
	if (queue === undefined) {
		return `${begin}. Only an admin of the CI sees why: no agent fits, all are busy, or the queue is paused.${page}`;
	}

	if (queue.paused) {
		return `${begin}: the queue of the CI is paused. An admin has to resume it.${page}`;
	}

	if (queue.free <= 0) {
		return `${begin}: no agent has a free place (${count(queue.running, 'workflow')} running).${page}`;
	}

	const labels = Object.entries(queue.task?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
	return labels.length === 0
		? `${begin}, although ${count(queue.free, 'place')} of agents ${queue.free === 1 ? 'is' : 'are'} free: no agent fits it.${page}`
		: `${begin}: no agent with a free place has its labels (${labels.join(', ')}).${page}`;
}

/** What is said of a pipeline that runs and prints nothing. */
export function whySilent({number, steps, url}: Pipeline, queue: Queue | undefined, silent: string): string {
	const step = steps.find(({state, isService}) => state === 'running' && !isService);
	const where = step === undefined ? '' : ` in step "${step.name}"`;
	const page = step?.url ?? url;
	const died =
		queue !== undefined && queue.task === undefined
			? 'Its agent died: the queue does not know it any more.'
			: 'Its agent may have died; the server does not notice that.';
	return `Pipeline ${number} has printed no new line for ${silent}${where}. ${died}${page === undefined ? '' : ` Its page: ${page}`}`;
}
