import {expect, test} from 'vitest';
import type {StoredPipeline, StoredStep} from '../../../src/drills/ci/pipeline-store.ts';
import {progressOf} from '../../../src/drills/ci/progress.ts';
import {linesOf} from '../../../src/drills/ci/step-log.ts';
import {pendingTask, type View} from '../../../src/drills/ci/step-progress.ts';

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

function at(now: number, dialect: View['dialect'] = '3.17.0'): View {
	return {now, dialect, lagMs: 100, image: 'host/image:tag'};
}

function statuses(pipeline: StoredPipeline, now: number, dialect?: View['dialect']) {
	const {status, steps} = progressOf(pipeline, at(now, dialect));
	return [status, ...steps.map(step => step.status)];
}

test('a pipeline waits, runs step by step and succeeds', () => {
	const pipeline = stored(build, {...push, push: 'done'});

	expect(statuses(pipeline, 0)).toEqual(['pending', 'pending', 'pending']);
	expect(statuses(pipeline, 1000)).toEqual(['running', 'running', 'pending']);
	expect(statuses(pipeline, 2500)).toEqual(['running', 'success', 'running']);
	expect(statuses(pipeline, 3000)).toEqual(['success', 'success', 'success']);
	expect(progressOf(pipeline, at(9000))).toMatchObject({started: 1000, finished: 3000});
});

test('a push that is not done keeps its step running, however late it is', () => {
	const pipeline = stored(build, {...push, push: 'begun'});

	expect(statuses(pipeline, 99_000)).toEqual(['running', 'success', 'running']);
	expect(pendingTask(pipeline.steps[1]!)).toEqual({kind: 'push', due: 3000});
});

test('a push that the registry refuses fails the pipeline', () => {
	expect(statuses(stored({...push, push: 'refused'}, build), 3000)).toEqual(['failure', 'failure', 'skipped']);
});

test('a step whose image is missing fails with a reason and no log: with 126 before 3.x, with 0 since', () => {
	const pipeline = stored({...build, runsInImage: true, image: 'missing'}, push);

	for (const [dialect, exitCode] of [
		['2.8.3', 126],
		['3.17.0', 0],
	] as const) {
		const {status, steps, workflows} = progressOf(pipeline, at(1000, dialect));
		const error = 'Error response from daemon: No such image: host/image:tag';
		expect(status).toBe('failure');
		expect(workflows).toMatchObject([{status: 'failure', error}]);
		expect(steps).toMatchObject([
			{status: 'failure', exitCode, error},
			{status: 'skipped', exitCode: 0},
		]);
		expect(linesOf(pipeline.steps[0]!, steps[0]!, at(9000, dialect))).toEqual([]);
	}
});

test('a cancelled pipeline is killed while its step still runs, and ends a moment later; before it begins it is canceled', () => {
	const pipeline = stored(build, push);
	const cancelled = {...pipeline, cancelled: {at: 1500, by: 'a'}};

	expect(statuses(cancelled, 1550)).toEqual(['killed', 'running', 'canceled']);
	expect(statuses(cancelled, 9000)).toEqual(['killed', 'killed', 'canceled']);
	expect(statuses(cancelled, 1550, '2.8.3')).toEqual(['killed', 'running', 'skipped']);
	expect(statuses(cancelled, 9000, '2.8.3')).toEqual(['failure', 'failure', 'skipped']);
	expect(statuses({...pipeline, cancelled: {at: 500, by: 'a'}}, 9000)).toEqual(['canceled', 'canceled', 'canceled']);
});

test('log lines come late: what was printed since the last batch is missing, also in the moment of the end', () => {
	const lines = (now: number) => linesOf(build, progressOf(stored(build), at(now)).steps[0]!, at(now));

	expect([lines(900), lines(1050), lines(1100), lines(1550), lines(1650)]).toEqual([
		[],
		[],
		['first'],
		['first'],
		['first', 'second'],
	]);
});
