import {expect, test} from 'vitest';
import {
	empty,
	healthy,
	inTurn,
	json,
	order,
	pipeline,
	type Reply,
	rejection,
	scripted,
	workflow,
} from './scripted-server.ts';

const signal = new AbortController().signal;
const listing = 'GET /api/repos/7/pipelines';
const one = 'GET /api/repos/7/pipelines/15';

/** Fifty a page, like the server. */
function paged(items: unknown[]): Reply {
	return (request, response) => {
		const page = Number(request.url.searchParams.get('page'));
		json(items.slice((page - 1) * 50, page * 50))(request, response);
	};
}

test('our pipeline is found on a later page by its variable', async () => {
	const others = Array.from({length: 60}, (_, n) =>
		pipeline({number: 100 - n, variables: {REGMEDIC_REQUEST_ID: `inc-${n + 9}`}}),
	);
	await using server = await scripted({
		...healthy,
		[listing]: paged([...others, pipeline()]),
		[one]: json(pipeline({status: 'running'})),
	});

	expect(await server.client().find(order, {signal})).toMatchObject({number: 15, state: 'running'});
});

test('where the list leaves variables out, pipelines are read one by one', async () => {
	const {variables: _, ...bare} = pipeline();
	await using server = await scripted({...healthy, [listing]: json([bare]), [one]: json(pipeline())});

	expect(await server.client().find(order, {signal})).toMatchObject({number: 15, requestId: 'inc-1'});
});

test('a list without our pipeline finds none; a refused list is an error', async () => {
	await using server = await scripted({...healthy, [listing]: json(null)});
	await using refusing = await scripted({...healthy, [listing]: empty(404)});

	expect(await server.client().find(order, {signal})).toBeUndefined();
	expect(await rejection(refusing.client().find(order, {signal}))).toMatchObject({code: 'ci.not-shown'});
});

test('a list that does not end is an error, not a missing pipeline', async () => {
	const page = Array.from({length: 50}, (_, n) => pipeline({number: n, variables: {a: 'b'}}));
	await using server = await scripted({...healthy, [listing]: json(page)});

	expect(await rejection(server.client().find(order, {signal}))).toMatchObject({
		code: 'ci.too-many',
		exit: 'indeterminate',
	});
});

test('with a bad token, a private repository reports the token', async () => {
	await using server = await scripted({'GET /api/repos/lookup/acme/infra': empty(401), 'GET /api/user': empty(401)});

	expect(await rejection(server.client().pipeline('acme/infra', 15, {signal}))).toMatchObject({
		code: 'ci.unauthorized',
	});
});

test('a 2.8 and a 3.x server give the same pipeline', async () => {
	const {created, updated, started, finished, ...same} = pipeline({status: 'success', finished: 1_787_823_502});
	const old = {...same, created_at: created, updated_at: updated, started_at: started, finished_at: finished};
	const nested = {...pipeline({status: 'success', finished: 1_787_823_502}), commit: {sha: same.commit, message: 'x'}};
	await using server = await scripted({...healthy, [one]: inTurn(json(old), json(nested))});
	const client = server.client();

	const before = await client.pipeline('acme/infra', 15, {signal});
	const after = await client.pipeline('acme/infra', 15, {signal});

	expect(before).toEqual(after);
	expect(before).toMatchObject({
		state: 'succeeded',
		created: '2026-08-27T09:31:20.000Z',
		finished: '2026-08-27T09:38:22.000Z',
		commit: '01aeae08c59f9c2ae4b02da88e87bc5f191fbed3',
		url: `${server.url}/repos/7/pipeline/15`,
	});
});

test('the repository is looked up once', async () => {
	await using server = await scripted({...healthy, [one]: json(pipeline())});
	const client = server.client();

	await client.pipeline('acme/infra', 15, {signal});
	await client.pipeline('acme/infra', 15, {signal});

	expect(server.requests.filter(route => route.includes('lookup'))).toHaveLength(1);
});

test('a request is retried when the proxy fails, and an unknown pipeline has an error of its own', async () => {
	await using server = await scripted({
		...healthy,
		[one]: inTurn(empty(502), empty(429, {'retry-after': '1'}), json(pipeline())),
	});
	await using missing = await scripted({...healthy, [one]: empty(404)});

	expect(await server.client().pipeline('acme/infra', 15, {signal})).toMatchObject({number: 15});
	expect(await rejection(missing.client().pipeline('acme/infra', 15, {signal}))).toMatchObject({
		code: 'ci.pipeline-unknown',
	});
});

const nowSeconds = Math.floor(Date.now() / 1000);

test.each([
	['created', 'success', 'waiting', 0],
	['blocked', 'success', 'waiting', 0],
	['pending', 'pending', 'waiting', 0],
	['running', 'running', 'running', 0],
	['hibernating', 'success', 'running', 0],
	['success', 'success', 'succeeded', nowSeconds],
	['success', 'running', 'running', nowSeconds],
	['success', 'dreaming', 'running', nowSeconds],
	['failure', 'skipped', 'failed', nowSeconds],
	['error', 'failure', 'failed', nowSeconds],
	['declined', 'canceled', 'cancelled', nowSeconds],
	['canceled', 'canceled', 'cancelled', nowSeconds],
	['killed', 'killed', 'cancelled', nowSeconds],
	['killed', 'running', 'running', nowSeconds],
	['killed', 'running', 'cancelled', nowSeconds - 600],
])('trap 11: a pipeline %s whose step is %s counts as %s', async (status, step, state, finished) => {
	const workflows = [workflow(step, [{id: 1, pid: 2, name: 'image', state: step, exit_code: 0}])];
	await using server = await scripted({...healthy, [one]: json(pipeline({status, finished, workflows}))});

	expect((await server.client().pipeline('acme/infra', 15, {signal})).state).toBe(state);
});

test('what was created since a time is listed newest first', async () => {
	const at = (minute: number) => 1_787_823_000 + minute * 60;
	const items = [9, 8, 7, -10].map(minute => pipeline({number: minute + 11, created: at(minute)}));
	await using server = await scripted({...healthy, [listing]: json(items)});

	const since = await server.client().since('acme/infra', new Date(at(0) * 1000).toISOString(), {signal});

	expect(since.map(({number}) => number)).toEqual([20, 19, 18]);
});

test('a pipeline far down the list is found, with the variables in the list and without; each is read once, and none from before', async () => {
	const numbers = Array.from({length: 70}, (_, n) => 84 - n);
	const yesterday = {number: 9, created: 1_787_823_080 - 2 * 86_400};
	for (const listed of [true, false]) {
		const rest = (number: number) => {
			const {variables, ...bare} = pipeline({number, variables: {REGMEDIC_REQUEST_ID: `inc-${number - 14}`}});
			return {whole: {...bare, variables}, bare};
		};
		const items = numbers.map(number => (listed ? rest(number).whole : rest(number).bare));
		const singles = numbers.map(number => [`${listing}/${number}`, json(rest(number).whole)] as const);
		const page = [...items, ...Array.from({length: 60}, () => pipeline({...yesterday, variables: undefined}))];
		await using server = await scripted({...healthy, [listing]: paged(page), ...Object.fromEntries(singles)});
		const client = server.client();

		expect(await client.find(order, {signal})).toMatchObject({number: 15, requestId: 'inc-1'});
		expect(await client.find({...order, requestId: 'inc-none'}, {signal})).toBeUndefined();
		expect(await client.find({...order, requestId: 'inc-33'}, {signal})).toMatchObject({number: 47});
		const read = server.requests.filter(route => /pipelines\/\d+$/.test(route));
		expect(read).toHaveLength(listed ? 2 : 71);
		expect(read).not.toContain(`${listing}/9`);
		expect(server.requests.filter(route => route === listing)).toHaveLength(listed ? 5 : 6);
	}
});
