import {expect, test} from 'vitest';
import {
	empty,
	healthy,
	html,
	inTurn,
	json,
	order,
	pipeline,
	plain,
	type Reply,
	rejection,
	repository,
	scripted,
} from './scripted-server.ts';

const signal = new AbortController().signal;
const post = 'POST /api/repos/7/pipelines';

test('a trigger posts once and carries the request id', async () => {
	await using server = await scripted({...healthy, [post]: json(pipeline())});

	const answer = await server.client().trigger(order, {signal});

	expect(answer).toMatchObject({state: 'created', pipeline: {number: 15, state: 'waiting', requestId: 'inc-1'}});
	expect(server.requests.at(-1)).toBe(post);
	expect(server.posts()).toBe(1);
	expect(JSON.parse(server.bodies[0]!)).toEqual({branch: 'master', variables: {REGMEDIC_REQUEST_ID: 'inc-1'}});
});

test('trap 1: a 204 with Pipeline-Filtered means that no workflow accepts the event manual', async () => {
	await using server = await scripted({...healthy, [post]: empty(204, {'Pipeline-Filtered': 'true'})});

	const answer = await server.client().trigger(order, {signal});

	expect(answer).toMatchObject({state: 'filtered', detail: expect.stringContaining('manual')});
	expect(server.posts()).toBe(1);
});

test('trap 1: after a 204 without it, the pipeline stored in error is found', async () => {
	await using server = await scripted({
		...healthy,
		[post]: empty(204),
		'GET /api/repos/7/pipelines': json([pipeline({status: 'error'})]),
		'GET /api/repos/7/pipelines/15': json(
			pipeline({
				status: 'error',
				errors: [{type: 'generic', message: 'could not load config from forge: 401', is_warning: false}],
			}),
		),
	});

	const answer = await server.client().trigger(order, {signal});

	expect(answer).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('could not load config from forge: 401'),
	});
	expect(server.posts()).toBe(1);
});

test('trap 2: after `200 null` of an older server, the pipeline stored in error is found', async () => {
	await using server = await scripted({
		...healthy,
		[post]: json(null),
		'GET /api/repos/7/pipelines': json([pipeline({status: 'error', errors: [{message: 'yaml: line 3'}]})]),
		'GET /api/repos/7/pipelines/15': json(pipeline({status: 'error', errors: [{message: 'yaml: line 3'}]})),
	});

	expect(await server.client().trigger(order, {signal})).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('yaml: line 3'),
	});
});

test('a pipeline in error names its reason and the hint for a secret; warnings are left out', async () => {
	const message = 'secret "registry" is not allowed to be used with pipeline event "manual"';
	const errors = [
		{type: 'bad_habit', message: 'set a when', is_warning: true},
		{type: 'generic', message, is_warning: false},
	];
	await using server = await scripted({...healthy, [post]: json(pipeline({status: 'error', errors}))});

	const answer = await server.client().trigger(order, {signal});

	expect(answer).toMatchObject({state: 'rejected', hint: expect.stringContaining('manual')});
	expect(JSON.stringify(answer)).not.toContain('set a when');
});

test('trap 3: an empty 500 without a stored pipeline is a rejection with a hint', async () => {
	await using server = await scripted({...healthy, [post]: empty(500)});

	expect(await server.client().trigger(order, {signal})).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('500'),
		hint: expect.stringContaining('fallback'),
	});
	expect(server.posts()).toBe(1);
});

test('trap 3: a 500 after which the list cannot be read leaves the effect unknown', async () => {
	await using server = await scripted({...healthy, [post]: empty(500), 'GET /api/repos/7/pipelines': empty(500)});

	expect(await rejection(server.client().trigger(order, {signal}))).toMatchObject({code: 'effect.unknown'});
});

test('trap 3: an unknown branch and a disabled repository are found before the POST', async () => {
	await using server = await scripted({...healthy, [post]: empty(500)});
	await using inactive = await scripted({
		...healthy,
		'GET /api/repos/lookup/acme/infra': json({...repository, active: false}),
	});

	const branch = await rejection(server.client().ready({...order, branch: 'gone'}, {signal}));
	const off = await rejection(inactive.client().ready(order, {signal}));

	expect(branch).toMatchObject({code: 'ci.branch-unknown', exit: 'configuration'});
	expect(off).toMatchObject({code: 'ci.repository-inactive'});
	expect(server.posts() + inactive.posts()).toBe(0);
});

test('a branch on the third page is found', async () => {
	const pages = [
		Array.from({length: 50}, (_, n) => `a${n}`),
		Array.from({length: 50}, (_, n) => `b${n}`),
		['master'],
		[],
	];
	const branches: Reply = (request, response) =>
		json(pages[Number(request.url.searchParams.get('page')) - 1])(request, response);
	await using server = await scripted({
		...healthy,
		'GET /api/repos/7/branches': branches,
		'GET /version': json({version: '3.17.0'}),
	});

	expect(await server.client().ready(order, {signal})).toMatchObject({login: 'octocat'});
});

test('trap 4: a web page instead of the API is an error', async () => {
	await using server = await scripted({'GET /api/user': html});

	expect(await rejection(server.client().ready(order, {signal}))).toMatchObject({
		code: 'ci.not-woodpecker',
		hint: expect.stringContaining('root path'),
	});
});

test('a root path in the address is part of every request', async () => {
	const routes = Object.entries(healthy).map(([route, reply]) => [route.replace(' /', ' /ci/'), reply] as const);
	await using server = await scripted({...Object.fromEntries(routes), 'GET /ci/version': json({version: '3.17.0'})});

	const ready = await server.client({url: `${server.url}/ci/`}).ready(order, {signal});

	expect(ready).toMatchObject({login: 'octocat', version: '3.17.0', ranManually: false});
});

test('trap 5: a bad token for a public repository is found before the POST', async () => {
	await using server = await scripted({...healthy, 'GET /api/user': plain(401, 'User not authorized')});

	expect(await rejection(server.client().ready(order, {signal}))).toMatchObject({
		code: 'ci.unauthorized',
		exit: 'refused',
	});
	expect(server.posts()).toBe(0);
});

test('trap 6: a missing push right and an unknown repository have different codes', async () => {
	await using reader = await scripted({...healthy, 'GET /api/repos/7/permissions': json({pull: true, push: false})});
	await using stranger = await scripted({...healthy, 'GET /api/repos/lookup/acme/infra': empty(404)});

	expect(await rejection(reader.client().ready(order, {signal}))).toMatchObject({
		code: 'ci.no-push-right',
		exit: 'refused',
	});
	expect(await rejection(stranger.client().ready(order, {signal}))).toMatchObject({code: 'ci.repository-unknown'});
	expect(reader.posts() + stranger.posts()).toBe(0);
});

test('trap 7: a redirect is not followed, so no POST becomes a GET and no token goes elsewhere', async () => {
	await using elsewhere = await scripted({});
	await using server = await scripted({
		...healthy,
		[post]: empty(301, {location: `${elsewhere.url}/api/repos/7/pipelines`}),
	});

	expect(await rejection(server.client().trigger(order, {signal}))).toMatchObject({code: 'ci.redirected'});
	expect(server.posts()).toBe(1);
	expect(elsewhere.requests).toEqual([]);
});

test('trap 7: a list instead of one pipeline is an error', async () => {
	await using server = await scripted({...healthy, [post]: json([pipeline({number: 3})])});

	expect(await rejection(server.client().trigger(order, {signal}))).toMatchObject({code: 'ci.not-woodpecker'});
});

test.each<[string, Reply]>([
	['cut before the response', (_, response) => response.destroy()],
	[
		'cut within the response',
		(_, response) => {
			response.writeHead(200, {'content-type': 'application/json', 'content-length': '4000'});
			response.write('{"id":', () => response.destroy());
		},
	],
	['that never ends', (_, response) => response.writeHead(200, {'content-type': 'application/json'}).write('{')],
	['of a proxy that gave up', empty(504)],
])('a reply %s leaves the effect unknown, and the POST is not repeated', async (_, reply) => {
	await using server = await scripted({...healthy, [post]: reply});
	const client = server.client({timeouts: {writeMs: 300}});

	expect(await rejection(client.trigger(order, {signal}))).toMatchObject({
		code: 'effect.unknown',
		exit: 'indeterminate',
	});
	expect(server.posts()).toBe(1);
});

test('a server that does not listen is unreachable, after three tries', async () => {
	const server = await scripted({});
	await server[Symbol.asyncDispose]();
	let tries = 0;
	const client = server.client({onRequest: () => tries++});

	expect(await rejection(client.trigger(order, {signal}))).toMatchObject({code: 'ci.unreachable', exit: 'unreachable'});
	expect(tries).toBe(3);
	await client.close();
});

test('a cancelled trigger rejects with the reason at once', async () => {
	const controller = new AbortController();
	await using server = await scripted({...healthy, [post]: () => controller.abort(new Error('stopped'))});

	expect(await rejection(server.client().trigger(order, {signal: controller.signal}))).toMatchObject({
		message: 'stopped',
	});
	expect(server.posts()).toBe(1);
});

test('a refused POST is a rejection with its status', async () => {
	await using server = await scripted({...healthy, [post]: inTurn(empty(404))});

	expect(await server.client().trigger(order, {signal})).toMatchObject({
		state: 'rejected',
		detail: expect.stringContaining('404'),
	});
});
