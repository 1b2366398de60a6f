import {expect, test} from 'vitest';
import type {PipelineStep, Workflow} from '../../../src/domain/pipeline/pipeline.ts';
import {sayEnd} from '../../../src/domain/pipeline/say-end.ts';
import {whyEnded} from '../../../src/domain/pipeline/why-ended.ts';
import {pipeline} from '../../support/fake-ports.ts';

let id = 0;
const step = (name: string, state: PipelineStep['state'], more: Partial<PipelineStep> = {}): PipelineStep => ({
	id: ++id,
	name,
	state,
	isService: false,
	...more,
});

function failed(steps: PipelineStep[], more: Partial<Workflow> = {}) {
	const workflows: Workflow[] = [{id: 1, name: 'woodpecker', state: 'failed', steps, ...more}];
	return pipeline({state: 'failed', status: 'failure', workflows, steps});
}

const said = (of: ReturnType<typeof failed>, lines: string[] = []) =>
	sayEnd(
		of,
		whyEnded(of, () => lines),
	);

test('a step after an ignored failure is to blame, and one that runs after the failure for a notification is not', () => {
	const steps = [
		step('lint', 'failed', {exitCode: 5, finished: '2026-11-28T16:00:01Z'}),
		step('build', 'failed', {exitCode: 28, finished: '2026-11-28T16:00:03Z'}),
		step('push', 'skipped'),
		step('notify', 'failed', {exitCode: 7, finished: '2026-11-28T16:00:09Z'}),
	];

	expect(said(failed(steps))).toBe('Pipeline 41 failed: step "build" ended with exit code 28.');
});

test('the step that the error of the workflow names by its uuid is to blame', () => {
	const steps = [
		step('a', 'failed', {exitCode: 3, uuid: 'AAA', finished: '2026-11-28T16:00:01Z'}),
		step('b', 'failed', {exitCode: 4, uuid: 'BBB', finished: '2026-11-28T16:00:09Z'}),
	];

	expect(said(failed(steps, {error: 'uuid=AAA: exit code 3'}))).toContain('step "a" ended with exit code 3');
});

test('a service whose image cannot be pulled is to blame; one that was stopped at the end is not', () => {
	const error = 'Error response from daemon: No such image: postgres:16';
	const gone = failed([step('db', 'failed', {isService: true, error}), step('test', 'skipped')], {error});
	const stopped = failed([
		step('db', 'failed', {isService: true, exitCode: 137}),
		step('test', 'failed', {exitCode: 1}),
	]);

	expect(said(gone)).toContain('step "db" could not start');
	expect(said(stopped)).toContain('step "test" ended with exit code 1');
});

test('the log says why: its last line about an error, not the command that the shell printed', () => {
	const steps = [step('build', 'failed', {exitCode: 1})];

	expect(said(failed(steps), ['+ docker build .', 'ERROR: no space left on device', '+ cleanup', ''])).toBe(
		'Pipeline 41 failed: step "build" ended with exit code 1. It said: ERROR: no space left on device.',
	);
	expect(whyEnded(failed(steps), () => ['manifest unknown'])).toMatchObject({cause: 'image'});
	expect(whyEnded(failed([step('a', 'failed', {exitCode: 137})]))).toMatchObject({cause: 'killed'});
});

test('a restart of a cancelled pipeline has its cancel_info, and is not cancelled by that', () => {
	const cancelled = {by: 'dev'};

	expect(whyEnded({...failed([step('build', 'failed', {exitCode: 1})]), cancelled})).toMatchObject({kind: 'failed'});
	expect(whyEnded(pipeline({state: 'succeeded', cancelled}))).toEqual({kind: 'succeeded'});
	expect(whyEnded(pipeline({state: 'cancelled', status: 'killed'}))).toEqual({kind: 'killed'});
});
