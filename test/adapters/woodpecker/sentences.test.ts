import {expect, test} from 'vitest';
import {isOver} from '../../../src/domain/pipeline/pipeline.ts';
import {sayEvent} from '../../../src/domain/pipeline/restartable.ts';
import {sayEnd} from '../../../src/domain/pipeline/say-end.ts';
import {whyEnded} from '../../../src/domain/pipeline/why-ended.ts';
import {whatHelps, whySilent, whyWaiting} from '../../../src/domain/pipeline/why-waiting.ts';
import {type RecordedVersion, type Recording, recordedVersions, recordingsOf} from '../../support/recorded-ci.ts';
import {healthy, order, type Reply, scripted} from './scripted-server.ts';

const signal = new AbortController().signal;
const recordings = new Map(recordedVersions.map(version => [version, recordingsOf(version)]));

type Told = {
	situation: string;
	/** The recording of the pipeline, or of the order. */
	of: string;
	/** What else the server was asked. */
	queue?: string;
	log?: string;
	/** The list after an order. */
	list?: string;
	says: 'end' | 'waits' | 'is silent' | 'answer to an order' | 'event';
};

const table: Told[] = [
	{situation: 'The image of a step cannot be pulled', of: '105', log: '106', says: 'end'},
	{situation: 'A step failed; its log says why', of: '088', log: '089', says: 'end'},
	{situation: 'Cancelled before it began', of: '055', says: 'end'},
	{situation: 'Cancelled by a colleague while it ran, at once', of: '085', says: 'end'},
	{situation: 'The same, a moment later', of: '086', says: 'end'},
	{situation: 'A newer push of the branch replaced it', of: '112', says: 'end'},
	{situation: 'A restart of an older push replaced it', of: '115', says: 'end'},
	{situation: 'Declined', of: '070', says: 'end'},
	{situation: 'A service and an ignored failure stand before the step to blame', of: '109', says: 'end'},
	{situation: 'One workflow of a matrix failed', of: '108', says: 'end'},
	{situation: 'Docker is down on the agent', of: '155', says: 'end'},
	{situation: 'A pipeline of a tag', of: '116', says: 'end'},
	{situation: 'What a tag is called at a gate', of: '116', says: 'event'},
	{situation: 'What a deployment is called at a gate', of: '153', says: 'event'},
	{situation: 'No agent has the labels, seen by an admin', of: '047', queue: '049', says: 'waits'},
	{situation: 'No agent has the labels, seen by another user', of: '047', queue: '050', says: 'waits'},
	{situation: 'The queue is paused, seen by an admin', of: '062', queue: '063', says: 'waits'},
	{situation: 'It wants an approval', of: '065', says: 'waits'},
	{situation: 'Its agent died, seen by an admin', of: '150', queue: '151', says: 'is silent'},
	{situation: 'Its agent died, seen by another user', of: '150', queue: '050', says: 'is silent'},
	{situation: 'Its agent died, then it was cancelled', of: '152', says: 'end'},
	{situation: 'An order that no workflow matches', of: '032', says: 'answer to an order'},
	{situation: 'An order without a pipeline file on the branch', of: '033', list: '042', says: 'answer to an order'},
	{situation: 'An order whose pipeline file does not lint', of: '034', says: 'answer to an order'},
	{situation: 'An order whose secret is missing', of: '038', says: 'answer to an order'},
	{
		situation: 'An order whose pipeline file the forge does not give',
		of: '041',
		list: '042',
		says: 'answer to an order',
	},
	{situation: 'An order while the forge is down', of: '023', says: 'answer to an order'},
];

test('what regmedic says of every recorded situation stands in docs/what-ci-says.md', async () => {
	const lines: string[] = [];
	for (const row of table) {
		const cells: string[] = [];
		for (const version of recordedVersions) {
			cells.push(await sentenceOf(row, version));
		}

		lines.push(`| ${[row.situation, ...cells].join(' | ')} |`);
	}

	await expect(`# What regmedic says of a pipeline

Made by test/adapters/woodpecker/sentences.test.ts from responses that real Woodpecker servers gave; \`npx vitest run -u\` on that file
makes it anew. An empty cell was not recorded. regmedic adds the page of the pipeline or of the step.

| situation | ${recordedVersions.join(' | ')} |
| --- | --- | --- | --- |
${lines.join('\n')}
`).toMatchFileSnapshot('../../../docs/what-ci-says.md');
});

async function sentenceOf(row: Told, version: RecordedVersion): Promise<string> {
	const find = (number: string | undefined) => recordings.get(version)!.find(each => each.number === number);
	const recording = find(row.of);
	if (recording === undefined) {
		return '';
	}

	await using server = await scripted({
		...healthy,
		...routesOf(recording, {log: find(row.log), queue: find(row.queue), list: find(row.list), says: row.says}),
	});
	const client = server.client();
	if (row.says === 'answer to an order') {
		const answer = await client.trigger({...order, requestId: requestIn(find(row.list) ?? recording)}, {signal});
		return answer.state === 'created'
			? 'created'
			: `${answer.state}: ${answer.detail} ${answer.hint}`.replace(/127\.0\.0\.1:\d+/, 'ci.acme.example');
	}

	const pipeline = await client.pipeline('acme/infra', 15, {signal});
	const queue = row.queue === undefined ? undefined : await client.queue(pipeline, 'acme/infra', {signal});
	switch (row.says) {
		case 'waits':
			return `${whyWaiting(pipeline, queue, '2 min')} ${whatHelps(pipeline)}`;
		case 'is silent':
			return `${whySilent(pipeline, queue, '10 min')} ${whatHelps(pipeline)}`;
		case 'event':
			return sayEvent(pipeline);
		default: {
			expect(isOver(pipeline), `${version} ${row.of}`).toBe(true);
			const log = client.log('acme/infra');
			for await (const _ of log.read(pipeline, 0, {signal})) {
				// The lines are kept for whyEnded.
			}

			return sayEnd(pipeline, whyEnded(pipeline, log.lastLines));
		}
	}
}

/** Two minutes after the recording: what an agent would still have done is done. */
function replay({status, headers, body}: Recording): Reply {
	return (_, response) => {
		const date = new Date(Date.parse(headers.Date!) + 120_000).toUTCString();
		const {'Content-Length': _length, ...kept} = headers;
		response.writeHead(status, {...kept, Date: date});
		response.end(body === null && headers['Content-Type'] === undefined ? '' : JSON.stringify(body));
	};
}

function routesOf(
	recording: Recording,
	{log, queue, list, says}: Record<'log' | 'queue' | 'list', Recording | undefined> & Pick<Told, 'says'>,
): Record<string, Reply> {
	const steps = (recording.body as {workflows?: {children: {id: number}[]}[]} | null)?.workflows ?? [];
	const ids = steps.flatMap(({children}) => children.map(({id}) => id));
	const logged = Number(log?.request.path.split('/').at(-1));
	const empty: Reply = (_, response) => response.writeHead(200, {'content-type': 'application/json'}).end('null');
	const number = (recording.body as {number?: number} | null)?.number;
	const listed = (list?.body as {number: number}[] | undefined)?.[0];
	return {
		...(says === 'answer to an order'
			? {'POST /api/repos/7/pipelines': replay(recording)}
			: {'GET /api/repos/7/pipelines/15': replay(recording)}),
		...(list && isEmpty(recording)
			? {
					'GET /api/repos/7/pipelines': replay(list),
					[`GET /api/repos/7/pipelines/${listed!.number}`]: replay({...list, body: listed}),
				}
			: {}),
		...(queue ? {'GET /api/queue/info': replay({...queue, body: ofRepository(queue.body)})} : {}),
		...Object.fromEntries(
			ids.map(id => [`GET /api/repos/7/logs/${number}/${id}`, log && id === logged ? replay(log) : empty]),
		),
	};
}

/** The order was answered with nothing, and the row in error is found in the list. */
function isEmpty({body, headers}: Recording): boolean {
	return body === null && headers['Pipeline-Filtered'] === undefined;
}

function requestIn({body}: Recording): string {
	const [first] = Array.isArray(body) ? body : [body];
	return (first as {variables?: Record<string, string>} | null)?.variables?.REGMEDIC_REQUEST_ID ?? 'inc-1';
}

/** The repository of the replay has the number 7. */
function ofRepository(body: unknown): unknown {
	return JSON.parse(JSON.stringify(body).replace(/"repo_id":\d+/g, '"repo_id":7'));
}
