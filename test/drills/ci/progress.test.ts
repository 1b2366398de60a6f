import {expect, test} from 'vitest';
import type {StoredPipeline, StoredStep} from '../../../src/drills/ci/pipeline-store.ts';
import {linesOf, pendingTask, progressOf} from '../../../src/drills/ci/progress.ts';

const build: StoredStep = {
	name: 'build',
	kind: 'commands',
	starts: 1000,
	ends: 2000,
	log: [
		{at: 1000, text: 'first'},
		{at: 1500, text: 'second'},
	],
};
const push: StoredStep = {name: 'push', kind: 'push', starts: 2000, ends: 3000, log: []};

function stored(...steps: StoredStep[]): StoredPipeline {
	return {
		number: 1,
		parent: 0,
		reruns: 0,
		event: 'manual',
		branch: 'main',
		commit: 'c',
		author: 'a',
		message: 'm',
		created: 0,
		steps,
	};
}

function statuses(pipeline: StoredPipeline, now: number) {
	const {status, steps} = progressOf(pipeline, now);
	return [status, ...steps.map(step => step.status)];
}

test('a pipeline waits, runs step by step and succeeds', () => {
	const pipeline = stored(build, {...push, push: 'done'});

	expect(statuses(pipeline, 0)).toEqual(['pending', 'pending', 'pending']);
	expect(statuses(pipeline, 1000)).toEqual(['running', 'running', 'pending']);
	expect(statuses(pipeline, 2500)).toEqual(['running', 'success', 'running']);
	expect(statuses(pipeline, 3000)).toEqual(['success', 'success', 'success']);
	expect(progressOf(pipeline, 9000)).toMatchObject({started: 1000, finished: 3000});
});

test('a push that is not done keeps its step running, however late it is', () => {
	const pipeline = stored(build, {...push, push: 'begun'});

	expect(statuses(pipeline, 99_000)).toEqual(['running', 'success', 'running']);
	expect(pendingTask(pipeline.steps[1]!)).toEqual({kind: 'push', due: 3000});
});

test('a push that the registry refuses fails the pipeline', () => {
	expect(statuses(stored({...push, push: 'refused'}, build), 3000)).toEqual(['failure', 'failure', 'skipped']);
});

test('a step whose image is missing fails with 126 and a reason, and later steps are skipped', () => {
	const pipeline = stored({...build, runsInImage: true, image: 'missing'}, push);
	const {status, steps} = progressOf(pipeline, 1000);

	expect(status).toBe('failure');
	expect(steps.map(step => [step.status, step.exitCode])).toEqual([
		['failure', 126],
		['skipped', 0],
	]);
	expect(linesOf(pipeline.steps[0]!, steps[0]!, 1000, 'host/image:tag').at(-1)).toBe("image can't be pulled");
});

test('a cancelled pipeline is killed while it runs, and canceled before it begins', () => {
	const pipeline = stored(build, push);

	expect(statuses({...pipeline, cancelled: {at: 1500, by: 'a'}}, 9000)).toEqual(['killed', 'killed', 'canceled']);
	expect(statuses({...pipeline, cancelled: {at: 500, by: 'a'}}, 9000)).toEqual(['canceled', 'canceled', 'canceled']);
});

test('log lines appear over time', () => {
	const lines = (now: number) => linesOf(build, progressOf(stored(build), now).steps[0]!, now, 'image');

	expect([lines(900), lines(1200), lines(1600)]).toEqual([[], ['first'], ['first', 'second']]);
});
