import {expect, test} from 'vitest';
import {empty, healthy, json, pipeline, plain, rejection, scripted, workflow} from './scripted-server.ts';

const signal = new AbortController().signal;
const old = 'GET /api/repos/7/pipelines/15';
const listing = 'GET /api/repos/7/pipelines';
const post = 'POST /api/repos/7/pipelines/15';
const failed = json(pipeline({status: 'failure', finished: 1_787_823_502}));

test('a failed pipeline is restarted with one POST', async () => {
	await using server = await scripted({...healthy, [old]: failed, [post]: json(pipeline({number: 16, parent: 15}))});

	const answer = await server.client().restart('acme/infra', 15, {signal});

	expect(answer).toMatchObject({state: 'created', pipeline: {number: 16}});
	expect(server.posts()).toBe(1);
});

test.each(['running', 'pending', 'blocked', 'created'])('a pipeline that is %s is not restarted', async status => {
	await using server = await scripted({...healthy, [old]: json(pipeline({status}))});

	expect(await server.client().restart('acme/infra', 15, {signal})).toMatchObject({state: 'rejected'});
	expect(server.posts()).toBe(0);
});

test('a killed pipeline whose steps still run is not restarted', async () => {
	const finished = Math.floor(Date.now() / 1000);
	const workflows = [workflow('killed', [{id: 3, name: 'image', state: 'running'}])];
	await using server = await scripted({...healthy, [old]: json(pipeline({status: 'killed', finished, workflows}))});

	expect(await server.client().restart('acme/infra', 15, {signal})).toMatchObject({state: 'rejected'});
	expect(server.posts()).toBe(0);
});

test('a pipeline whose restart is running is not restarted again', async () => {
	await using server = await scripted({
		...healthy,
		[old]: failed,
		[listing]: json([pipeline({number: 16, parent: 15, status: 'running'}), pipeline({status: 'failure'})]),
	});

	const answer = await server.client().restart('acme/infra', 15, {signal});

	expect(answer).toMatchObject({state: 'created', pipeline: {number: 16}});
	expect(server.posts()).toBe(0);
});

test('trap 12: after an empty 500, the restart that was stored in error is found', async () => {
	let posted = false;
	const stored = pipeline({number: 16, parent: 15, status: 'error', errors: [{message: 'yaml: line 3'}]});
	await using server = await scripted({
		...healthy,
		[old]: failed,
		[listing]: (request, response) => json(posted ? [stored, pipeline()] : [pipeline()])(request, response),
		[post](request, response) {
			posted = true;
			empty(500)(request, response);
		},
	});

	expect(await server.client().restart('acme/infra', 15, {signal})).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('yaml: line 3'),
	});
	expect(server.posts()).toBe(1);
});

test('a refusal in plain text is passed on', async () => {
	await using server = await scripted({
		...healthy,
		[old]: failed,
		[post]: plain(400, 'cannot restart a pipeline with status blocked'),
	});

	expect(await server.client().restart('acme/infra', 15, {signal})).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('cannot restart a pipeline with status blocked'),
	});
});

test('a lost reply leaves the effect of a restart unknown', async () => {
	await using server = await scripted({...healthy, [old]: failed, [post]: (_, response) => response.destroy()});

	expect(await rejection(server.client().restart('acme/infra', 15, {signal}))).toMatchObject({code: 'effect.unknown'});
	expect(server.posts()).toBe(1);
});

test('a deployment that was made from a pipeline names it as its parent, and is no restart of it', async () => {
	const tag = {event: 'tag', branch: '', ref: 'refs/tags/v1', deploy_to: ''};
	const deployment = pipeline({...tag, number: 16, parent: 15, event: 'deployment', deploy_to: 'production'});
	const again = pipeline({...tag, number: 17, parent: 15});
	const one = {[old]: json(pipeline({...tag, status: 'failure'}))};
	await using deployed = await scripted({...healthy, ...one, [listing]: json([deployment, pipeline(tag)])});
	await using restarted = await scripted({...healthy, ...one, [listing]: json([again, deployment, pipeline(tag)])});

	expect(await deployed.client().restartOf('acme/infra', 15, {signal})).toBeUndefined();
	expect(await restarted.client().restartOf('acme/infra', 15, {signal})).toMatchObject({number: 17});
});
