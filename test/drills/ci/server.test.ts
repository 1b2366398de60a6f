import {afterAll, beforeAll, expect, test} from 'vitest';
import {askCi, ended, pipeline, type TestWorld, testWorld, trigger} from '../drill.ts';

let opened: TestWorld;

beforeAll(async () => {
	opened = await testWorld();
});

afterAll(() => opened?.[Symbol.asyncDispose]());

async function shape(path: string, init: RequestInit = {}) {
	const answer = await askCi(opened.world, path, {redirect: 'manual', ...init});
	return {status: answer.status, type: answer.headers.get('content-type'), text: await answer.text()};
}

const create = (body: unknown) => shape('/api/repos/42/pipelines', {method: 'POST', body: JSON.stringify(body)});
const guest = {headers: {Authorization: 'Bearer nonsense'}};

test('for a path that the API does not know, the server responds with the web interface, whatever the method', async () => {
	for (const [path, method] of [
		['/api/version', 'GET'],
		['/api/healthz', 'GET'],
		['/nonsense', 'DELETE'],
		['/api/repos/42/pipelines', 'PUT'],
		['/api/repos/42/pipelines', 'HEAD'],
	] as const) {
		expect(await shape(path, {method})).toMatchObject({status: 200, type: 'text/html; charset=UTF-8'});
	}
});

test('every response has the version', async () => {
	const answer = await askCi(opened.world, '/version');

	expect(await answer.json()).toMatchObject({version: '3.17.0'});
	expect((await askCi(opened.world, '/api/nonsense')).headers.get('x-woodpecker-version')).toBe('3.17.0');
	expect(await shape('/healthz')).toMatchObject({status: 204, text: ''});
});

test('a client with a bad token is a guest: it may read a public repository and change nothing', async () => {
	expect(await shape('/api/user', guest)).toMatchObject({status: 401, text: 'User not authorized'});
	expect((await shape('/api/repos/42', guest)).status).toBe(200);
	expect(await shape('/api/repos/42/pipelines', {...guest, method: 'POST', body: '{"branch":"main"}'})).toMatchObject({
		status: 401,
		text: '',
	});
	expect((await shape('/api/repos/43', guest)).status).toBe(401);
});

test('a repository name is not case-sensitive, and refusals have no body', async () => {
	expect(JSON.parse((await shape('/api/repos/lookup/Acme/Infra')).text)).toMatchObject({id: 42, active: true});
	expect(await shape('/api/repos/lookup/acme/other')).toMatchObject({status: 404, text: ''});
	expect(await shape('/api/repos/abc')).toMatchObject({status: 400, text: ''});
	expect(await shape('/api/repos/43')).toMatchObject({status: 404, text: ''});
	expect(await shape('/api/repos/42/pipelines/9999')).toMatchObject({status: 404, text: ''});
	expect(await shape('/api/repos/42/pipelines/x')).toMatchObject({status: 400, text: ''});
	expect(await shape('/api/repos/42/branches/')).toMatchObject({status: 301});
});

test('a pipeline that cannot start is refused like the server refuses it, and uses no number', async () => {
	expect(await create({branch: 'nonsense'})).toMatchObject({status: 500, text: ''});
	expect(await create({branch: 'main', variables: {N: 1}})).toMatchObject({status: 400, text: ''});
	const filtered = await askCi(opened.world, '/api/repos/42/pipelines', {method: 'POST', body: '{"branch":"docs"}'});
	expect([filtered.status, filtered.headers.get('pipeline-filtered')]).toEqual([204, 'true']);
	const all = JSON.parse((await shape('/api/repos/42/pipelines')).text) as {number: number}[];

	const {number} = await trigger(opened.world, {branch: 'main', variables: {REQUEST_ID: 'one'}});

	expect(number).toBe(all[0]!.number + 1);
	expect(await ended(opened.world, number)).toMatchObject({status: 'success', variables: {REQUEST_ID: 'one'}});
});

test('a list is filtered, newest first, and has no workflows', async () => {
	const list = async (query: string) =>
		JSON.parse((await shape(`/api/repos/42/pipelines?${query}`)).text) as {number: number; workflows?: unknown}[];

	const failed = await list('status=failure&event=push');
	expect(failed.map(({number}) => number)).toEqual([376, 375, 374, 372, 371, 370, 369, 368, 367, 366]);
	expect(failed[0]).not.toHaveProperty('workflows');
	expect((await list('event=push&perPage=2&page=2')).map(({number}) => number)).toEqual([374, 372]);
	expect(await list(`event=push&after=${new Date().toISOString()}`)).toEqual([]);
	expect((await shape('/api/repos/42/pipelines?after=yesterday')).status).toBe(400);
});

test('a pipeline can be cancelled once, while it is live', async () => {
	const {number} = await trigger(opened.world);
	const cancel = () => shape(`/api/repos/42/pipelines/${number}/cancel`, {method: 'POST'});

	expect((await cancel()).status).toBe(204);
	expect(await cancel()).toMatchObject({status: 400, text: expect.stringContaining('Cannot cancel')});
	expect(['killed', 'canceled']).toContain((await pipeline(opened.world, number)).status);
});

test('the log of a step that has not begun is null', async () => {
	const {number, workflows} = await trigger(opened.world);
	const id = workflows[0]!.children.at(-1)!.id;

	expect((await shape(`/api/repos/42/logs/${number}/${id}`)).text).toBe('null');
	expect((await shape(`/api/repos/42/logs/${number}/1`)).status).toBe(404);
	await ended(opened.world, number);
	expect(JSON.parse((await shape(`/api/repos/42/logs/${number}/${id}`)).text)[0]).toMatchObject({line: 0, type: 0});
});
