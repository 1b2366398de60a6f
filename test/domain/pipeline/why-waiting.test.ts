import {expect, test} from 'vitest';
import {type Queue, whyWaiting} from '../../../src/domain/pipeline/why-waiting.ts';
import {pipeline} from '../../support/fake-ports.ts';

const waiting = pipeline({state: 'waiting', status: 'pending'});
const task = (labels: Record<string, string>) => ({state: 'pending' as const, labels});
const queue = (more: Partial<Queue>): Queue => ({paused: false, free: 8, running: 0, ...more});

test.each<[string, Queue | undefined, string]>([
	['paused', queue({paused: true}), 'the queue of the CI is paused. An admin has to resume it.'],
	['busy', queue({free: 0, running: 8, task: task({})}), 'no agent has a free place (8 workflows running).'],
	['no agent', queue({free: 0, task: task({})}), 'no agent is connected to the CI.'],
	['labels', queue({task: task({kind: 'gpu', arch: 'arm'})}), 'has its labels (kind=gpu, arch=arm).'],
	['no labels', queue({free: 1, task: task({})}), 'although 1 place of agents is free: no agent fits it.'],
	['no admin', undefined, 'Only an admin of the CI sees why'],
])('why a pipeline waits: %s', (_, seen, sentence) => {
	const said = whyWaiting(waiting, seen, '2 min');

	expect(said).toContain('Pipeline 41 has waited 2 min for an agent');
	expect(said).toContain(sentence);
});
