import {expect, test} from 'vitest';
import {empty, healthy, inTurn, json, pipeline, type Scripted, scripted, workflow} from './scripted-server.ts';

const signal = new AbortController().signal;
const one = 'GET /api/repos/7/pipelines/15';

function line(number: number, text: string | null, fields: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		id: 0,
		step_id: 3,
		time: 0,
		line: number,
		data: text === null ? null : Buffer.from(text).toString('base64'),
		type: 0,
		...fields,
	};
}

function running(state: string, status = 'running'): Record<string, unknown> {
	const steps = [
		{id: 3, pid: 2, name: 'image', state, exit_code: 0},
		{id: 4, pid: 3, name: 'push', state: 'pending', exit_code: 0},
		{id: 5, pid: 4, name: 'notify', state: 'skipped', exit_code: 0},
	];
	return pipeline({status, finished: status === 'running' ? 0 : 1_787_823_502, workflows: [workflow(status, steps)]});
}

/** Reads the log of pipeline 15 again and again. @param atMs on a monotonic clock */
async function reading(server: Scripted) {
	const client = server.client();
	const log = client.log('acme/infra');
	return {
		log,
		read: async (atMs: number, ended = false) => {
			const current = await client.pipeline('acme/infra', 15, {signal});
			const lines: string[] = [];
			for await (const {text} of log.read({...current, ...(ended ? {state: 'failed'} : {})}, atMs, {signal})) {
				lines.push(text);
			}

			return lines;
		},
	};
}

test('traps 8 to 10: each line is given once, in order, and never past a gap that may still be filled', async () => {
	await using server = await scripted({
		...healthy,
		[one]: json(running('running')),
		'GET /api/repos/7/logs/15/3': inTurn(
			json([line(1, 'second\n'), line(0, 'first\n'), line(0, 'first again'), line(3, 'fourth')]),
			json([line(0, 'first\n'), line(1, 'second\n'), line(2, '\n'), line(3, 'fourth'), line(4, null)]),
		),
	});
	const {read} = await reading(server);

	expect(await read(0)).toEqual(['first again', 'second']);
	expect(await read(1000)).toEqual(['', 'fourth', '']);
	expect(server.requests.filter(route => /logs.15.[45]/.test(route))).toEqual([]);
});

test('a log is read on until nothing new has come for some seconds, past its gaps at last', async () => {
	await using server = await scripted({
		...healthy,
		[one]: inTurn(json(running('success')), json(running('success', 'failure'))),
		'GET /api/repos/7/logs/15/3': inTurn(
			json(null),
			json([line(0, 'a')]),
			json([line(0, 'a'), line(2, 'past a gap')]),
			json([line(0, 'a'), line(2, 'past a gap')]),
			json([line(0, 'a'), line(1, 'late'), line(2, 'past a gap')]),
		),
	});
	const {read, log} = await reading(server);

	expect(await read(0)).toEqual([]);
	expect(await read(1000, true)).toEqual(['a']);
	expect(await read(4000, true)).toEqual([]);
	expect(log.isWhole()).toBe(false);
	expect(await read(8000, true)).toEqual(['past a gap']);
	expect(log.isWhole()).toBe(true);
	expect(log.lastLines(3)).toEqual(['a', 'past a gap']);
});

test('a progress line shows its last state', async () => {
	await using server = await scripted({
		...healthy,
		[one]: json(running('running')),
		'GET /api/repos/7/logs/15/3': json([line(0, 'Downloading 10%\rDownloading 20%\rdone'), line(1, '50%\r')]),
	});

	expect(await (await reading(server)).read(0)).toEqual(['done', '50%']);
});

test('a log that is null or missing has no lines', async () => {
	await using server = await scripted({
		...healthy,
		[one]: json(running('running')),
		'GET /api/repos/7/logs/15/3': inTurn(json(null), empty(404)),
	});
	const {read} = await reading(server);

	expect([await read(0), await read(1000)]).toEqual([[], []]);
});

test('a step whose log cannot be read keeps back no line of the others, and its own come later', async () => {
	const steps = ['clone', 'build'].map((name, at) => ({id: at + 3, pid: at + 2, name, state: 'success', exit_code: 0}));
	await using server = await scripted({
		...healthy,
		[one]: json(pipeline({status: 'running', workflows: [workflow('running', steps)]})),
		'GET /api/repos/7/logs/15/3': inTurn(empty(500), json([line(0, 'clone')])),
		'GET /api/repos/7/logs/15/4': inTurn(json([line(0, 'a')]), empty(500), json([line(0, 'a'), line(1, 'b')])),
	});
	const client = server.client();
	const log = client.log('acme/infra');
	const current = await client.pipeline('acme/infra', 15, {signal});
	const seen: string[] = [];
	const read = async (atMs: number) => {
		for await (const {text} of log.read(current, atMs, {signal})) {
			seen.push(text);
		}
	};

	await expect(read(0)).rejects.toMatchObject({code: 'ci.server-error'});
	expect(seen).toEqual(['a']);
	await expect(read(1000)).rejects.toMatchObject({code: 'ci.server-error'});
	await read(2000);
	expect(seen).toEqual(['a', 'clone', 'b']);
});
