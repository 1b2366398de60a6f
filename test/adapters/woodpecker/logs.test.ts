import {expect, test} from 'vitest';
import {empty, healthy, inTurn, json, pipeline, scripted, workflow} from './scripted-server.ts';

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

test('traps 8 to 10: each line is given once, in order, and never past a gap that may still be filled', async () => {
	await using server = await scripted({
		...healthy,
		[one]: json(running('running')),
		'GET /api/repos/7/logs/15/3': inTurn(
			json([line(1, 'second\n'), line(0, 'first\n'), line(0, 'first again'), line(3, 'fourth')]),
			json([line(0, 'first\n'), line(1, 'second\n'), line(2, '\n'), line(3, 'fourth'), line(4, null)]),
		),
	});
	const client = server.client();
	const after = new Map<number, number>();
	const current = await client.pipeline('acme/infra', 15, {signal});

	const early = await client.logs('acme/infra', current, after, {signal});
	const late = await client.logs('acme/infra', current, after, {signal});

	expect(early.map(({text}) => text)).toEqual(['first again', 'second']);
	expect(late.map(({text}) => text)).toEqual(['', 'fourth', '']);
	expect(late[1]!.step).toBe('image');
	expect(after.get(3)).toBe(5);
	expect(server.requests.filter(route => /logs.15.[45]/.test(route))).toEqual([]);
});

test('trap 9: when the pipeline has ended, every log is read once more, past its gaps', async () => {
	await using server = await scripted({
		...healthy,
		[one]: inTurn(json(running('success')), json(running('success', 'failure'))),
		'GET /api/repos/7/logs/15/3': inTurn(json([line(0, 'a')]), json([line(0, 'a'), line(2, 'late')])),
	});
	const client = server.client();
	const after = new Map<number, number>();
	const live = await client.pipeline('acme/infra', 15, {signal});

	const first = await client.logs('acme/infra', live, after, {signal});
	const unasked = await client.logs('acme/infra', live, after, {signal});
	const last = await client.logs('acme/infra', {...live, state: 'failed'}, after, {signal});

	expect([first, unasked, last].map(lines => lines.map(({text}) => text))).toEqual([['a'], [], ['late']]);
});

test('a log that is null or missing has no lines', async () => {
	await using server = await scripted({
		...healthy,
		[one]: json(running('running')),
		'GET /api/repos/7/logs/15/3': inTurn(json(null), empty(404)),
	});
	const client = server.client();
	const current = await client.pipeline('acme/infra', 15, {signal});

	expect(await client.logs('acme/infra', current, new Map(), {signal})).toEqual([]);
	expect(await client.logs('acme/infra', current, new Map(), {signal})).toEqual([]);
});
