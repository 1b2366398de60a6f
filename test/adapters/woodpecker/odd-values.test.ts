import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readPipeline} from '../../../src/adapters/woodpecker/pipeline.ts';
import {isOver} from '../../../src/domain/pipeline/pipeline.ts';
import {sayEvent} from '../../../src/domain/pipeline/restartable.ts';
import {sayCause, sayEnd} from '../../../src/domain/pipeline/say-end.ts';
import {whyEnded} from '../../../src/domain/pipeline/why-ended.ts';
import {whatHelps, whySilent, whyWaiting} from '../../../src/domain/pipeline/why-waiting.ts';
import {recordedVersions, recordingsOf} from '../../support/recorded-ci.ts';
import {tries} from '../../support/sweep.ts';
import {empty, healthy, json, pipeline, rejection, scripted, workflow} from './scripted-server.ts';

const signal = new AbortController().signal;
const context = {
	host: 'ci.example',
	page: 'https://ci.example/repos/7/pipeline',
	nowMs: Date.parse('2026-11-29T00:00:00Z'),
};

const recorded = recordedVersions
	.flatMap(recordingsOf)
	.flatMap(({body}) => (Array.isArray(body) ? body : [body]))
	.filter(body => typeof body === 'object' && body !== null && 'number' in body && 'status' in body);

const odd = fc.constantFrom(null, [], {}, [null], 0, -1, 1e15, '', 'odd', true, [{}], [[]]);

test('whatever a value of a recorded pipeline is replaced by, something whole is said of it', () => {
	fc.assert(
		fc.property(fc.constantFrom(...recorded), fc.nat(), odd, (body, at, value) => {
			const changed = structuredClone(body) as object;
			const places = valuesIn(changed).filter(({key}) => key !== 'number');
			const {holder, key} = places[at % places.length]!;
			Reflect.set(holder, key, value);

			const read = readPipeline(changed, context);
			const said = [
				sayEvent(read),
				...(isOver(read)
					? [sayEnd(read, whyEnded(read)), sayCause(whyEnded(read))]
					: [whyWaiting(read, undefined, '2 min'), whySilent(read, undefined, '10 min'), whatHelps(read)]),
			];

			for (const sentence of said) {
				expect(sentence).not.toMatch(/undefined|null|\[object|NaN|%!|\n/);
			}
		}),
		{numRuns: tries(500)},
	);
});

function valuesIn(value: object): {holder: object; key: string}[] {
	return Object.entries(value).flatMap(([key, inner]) => [
		{holder: value, key},
		...(typeof inner === 'object' && inner !== null ? valuesIn(inner) : []),
	]);
}

test('an odd step, workflow, error or variable takes none of the others with it', () => {
	const steps = [null, {name: 'no id'}, {id: 3, pid: 2, name: 'lint', state: 'failure', error: 'No such image: a'}];
	const read = readPipeline(
		pipeline({
			status: 'failure',
			workflows: [null, workflow('failure', steps as Record<string, unknown>[])],
			errors: [null, {message: 'kept', is_warning: false}],
			variables: {N: 3, REGMEDIC_REQUEST_ID: 'inc-1'},
		}),
		context,
	);

	expect(read).toMatchObject({requestId: 'inc-1', errors: ['kept'], steps: [{name: 'lint'}]});
	expect(sayEnd(read, whyEnded(read))).toContain('Its image cannot be pulled.');
});

test('a restart of a pipeline that was replaced has its cancel_info; killed by its time limit, it was not replaced', () => {
	const copied = {canceled_by_user: '', superseded_by: 14, canceled_by_step: ''};
	const killed = (number: number) =>
		readPipeline(pipeline({number, status: 'killed', version: '3.17.0', cancel_info: copied}), context);

	expect(whyEnded(killed(13))).toEqual({kind: 'superseded', by: 14});
	expect(whyEnded(killed(15))).toEqual({kind: 'killed'});
});

test('no part of a queue of 2.8 is kept, also where it cannot be read: its tasks carry the secrets of the workflow', async () => {
	const secret = 'hunter2-of-the-workflow';
	const data = Buffer.from(JSON.stringify({secrets: [{value: secret}]})).toString('base64');
	const queue = {
		pending: null,
		running: [{id: '9', data, labels: {}}, null],
		stats: {worker_count: 8, running_count: 1},
	};
	await using whole = await scripted({...healthy, 'GET /api/queue/info': json(queue)});
	await using cut = await scripted({
		...healthy,
		'GET /api/queue/info': (_, response) =>
			response
				.writeHead(200, {'content-type': 'application/json'})
				.end(`{"running": [{"data": "x", "secret": "${secret}"${secret}}]}`),
	});
	await using refused = await scripted({...healthy, 'GET /api/queue/info': empty(403)});
	const running = readPipeline(
		pipeline({status: 'running', workflows: [{...workflow('running', []), id: 9}]}),
		context,
	);
	const asked = (server: typeof whole) => server.client().queue(running, 'acme/infra', {signal});

	expect(await asked(whole)).toEqual({paused: false, free: 8, running: 1, task: {state: 'running', labels: {}}});
	expect(await asked(refused)).toBeUndefined();
	const error = await rejection(asked(cut));
	expect(error).toMatchObject({code: 'ci.unreadable'});
	expect(`${error.message} ${(error as {cause?: Error}).cause?.message} ${JSON.stringify(error)}`).not.toContain(
		'hunter2',
	);
});
