import type {IncomingMessage, ServerResponse} from 'node:http';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {RegistryOptions} from '../../../../src/adapters/registry/registry.ts';
import {blobOf} from '../../../../src/drills/images/image.ts';
import type {BlobDepth} from '../../../../src/engine/ports/registry.ts';
import {tries} from '../../../support/sweep.ts';
import {type Client, connect, type Loopback, listen, specError} from '../server.ts';

const {signal} = new AbortController();
const {digest, bytes} = blobOf('a layer of some length');
const size = bytes.length;
const blob = {digest, size};
const exact = `bytes=${size - 1}-${size - 1}`;
const gone = specError('BLOB_UNKNOWN', 'blob unknown to registry');
/** Also of the kinds that usually mean something else. */
const statuses = [204, 400, 401, 403, 404, 405, 406, 411, 412, 416, 500, 501, 502, 503, 504, 505];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** As a healthy registry answers, with these bytes. */
function serve(request: IncomingMessage, response: ServerResponse, content = bytes): void {
	const range = /^bytes=(\d*)-(\d+)$/.exec(request.headers.range ?? '');
	if (range === null) {
		response.writeHead(200, {'content-length': content.length}).end(request.method === 'HEAD' ? '' : content);
		return;
	}

	const at = range[1] === '' ? content.length - Number(range[2]) : Number(range[1]);
	if (at < 0 || at >= content.length) {
		response.writeHead(416, {'content-range': `bytes */${content.length}`}).end();
	} else {
		response.writeHead(206, {'content-range': `bytes ${at}-${at}/${content.length}`}).end(content.subarray(at, at + 1));
	}
}

const isRefused = {
	head: ({method}: IncomingMessage) => method === 'HEAD',
	suffix: ({headers}: IncomingMessage) => headers.range === 'bytes=-1',
	range: ({headers}: IncomingMessage) => headers.range !== undefined,
};

function refusing(what: keyof typeof isRefused, status: number, otherwise: Answer = serve): Answer {
	return (request, response) => {
		if (isRefused[what](request)) {
			response.writeHead(status).end(specError('UNSUPPORTED', 'not supported'));
		} else {
			otherwise(request, response);
		}
	};
}

async function ask(answer: Answer, depth: BlobDepth, options: Partial<RegistryOptions> = {}) {
	await using server = await listen(answer);
	await using registry = connect(server, options);
	const found = await registry.blob('acme/app', blob, depth, {signal}).catch(error => ({state: error.code}));
	return {...found, requests: sent(server)};
}

const sent = ({requests}: Loopback) => requests.map(({method, headers}) => headers.range ?? method);

async function askTimes(registry: Client, count: number, depth: BlobDepth): Promise<string[]> {
	const states: string[] = [];
	for (let n = 0; n < count; n++) {
		const {state} = await registry.blob('acme/app', blob, depth, {signal});
		states.push(state);
	}

	return states;
}

describe.each(statuses)('%i in answer to what is optional', status => {
	test.each([
		['HEAD', 'head', 'head'],
		['bytes=-1', 'suffix', 'edge'],
		['any range', 'range', 'edge'],
	] as const)('(%s) is not the blob’s', async (_, what, depth) => {
		expect(await ask(refusing(what, status), depth)).toMatchObject({state: 'present'});
	});

	test.each([
		['HEAD', 'head', 'head'],
		['bytes=-1', 'suffix', 'edge'],
		['any range', 'range', 'edge'],
	] as const)('(%s) hides no fault', async (_, what, depth) => {
		const missing = refusing(what, status, (_, response) => response.writeHead(404).end(gone));
		const cut = refusing(what, status, (request, response) => serve(request, response, bytes.subarray(0, 5)));

		expect(await ask(missing, depth)).toMatchObject({state: 'missing', detail: 'blob unknown to registry'});
		expect(await ask(cut, depth)).toMatchObject({state: 'truncated'});
	});

	test('says nothing of the blob where the plain GET is refused as well', async () => {
		const {state} = await ask((_, response) => response.writeHead(status).end(), 'edge');

		// Only a 404 is an answer to the plain GET: the registry does not have it.
		expect(state).toMatch(status === 404 ? /^missing$/ : status === 500 ? /^unserved$/ : /^registry\./);
	});
});

test('each refusal leads to the next form only', async () => {
	const requests = async (what: keyof typeof isRefused, depth: BlobDepth) =>
		(await ask(refusing(what, 403), depth)).requests;

	expect(await requests('head', 'head')).toEqual(['HEAD', 'bytes=-1']);
	expect(await requests('suffix', 'edge')).toEqual(['bytes=-1', exact]);
	expect(await requests('range', 'edge')).toEqual(['bytes=-1', exact, 'GET']);
});

test('what may pass is sent again before it counts as a refusal', async () => {
	let failures = 1;
	const once: Answer = (request, response) =>
		failures-- > 0 ? response.writeHead(503).end() : serve(request, response);

	expect(await ask(once, 'edge')).toMatchObject({state: 'present', requests: ['bytes=-1', 'bytes=-1']});
	expect((await ask(refusing('suffix', 503), 'edge')).requests).toEqual(['bytes=-1', 'bytes=-1', 'bytes=-1', 'GET']);
	expect((await ask(refusing('head', 500), 'head')).requests).toEqual(['HEAD', 'HEAD', 'bytes=-1']);
});

test.each([
	['429', 429, {}],
	['503 with Retry-After', 503, {'retry-after': '1'}],
	['429 with a long Retry-After', 429, {'retry-after': '3600'}],
])('a host that asks for a pause (%s) is busy, and is asked for nothing else', async (_, status, headers) => {
	for (const depth of ['head', 'edge'] as const) {
		const busy: Answer = (request, response) =>
			request.method === 'HEAD' || request.headers.range !== undefined
				? response.writeHead(status, headers).end()
				: serve(request, response);

		const {state, requests} = await ask(busy, depth);

		expect(state).toBe('registry.busy');
		expect(new Set(requests)).toEqual(new Set([depth === 'head' ? 'HEAD' : 'bytes=-1']));
	}
});

test('whatever is refused, now and then or for good, no blob gets another’s verdict', async () => {
	const states = {present: bytes, truncated: bytes.subarray(0, 9), empty: Buffer.alloc(0), missing: undefined};
	const state = fc.constantFrom(...(Object.keys(states) as (keyof typeof states)[]));
	const refusal = fc.option(fc.constantFrom('ignored' as const, ...statuses));
	const depth = fc.constantFrom('head' as const, 'edge' as const);

	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.record({state, depth}), {minLength: 1, maxLength: 8}),
			fc.infiniteStream(refusal),
			fc.record({head: fc.boolean(), range: fc.boolean()}),
			async (blobs, refusals, forGood) => {
				let serving = bytes as Buffer | undefined;
				await using server = await listen((request, response) => {
					const isHead = request.method === 'HEAD';
					const isOptional = isHead || request.headers.range !== undefined;
					const refused = isOptional ? refusals.next().value : null;
					if (isOptional && (isHead ? forGood.head : forGood.range)) {
						response.writeHead(403).end();
					} else if (typeof refused === 'number') {
						response.writeHead(refused).end();
					} else if (serving === undefined) {
						response.writeHead(404).end(gone);
					} else {
						request.headers = refused === 'ignored' ? {} : request.headers;
						serve(request, response, serving);
					}
				});
				await using registry = connect(server);

				for (const {state, depth} of blobs) {
					serving = states[state];
					expect(await registry.blob('acme/app', blob, depth, {signal})).toMatchObject({state});
				}
			},
		),
		{numRuns: tries(40)},
	);
});

describe('a refusal is learned', () => {
	test('of the host, and not blob by blob', async () => {
		await using server = await listen(refusing('range', 403));
		await using registry = connect(server);

		await askTimes(registry, 12, 'edge');

		expect(sent(server)).toEqual([
			...['bytes=-1', exact, 'GET'],
			...['bytes=-1', exact, 'GET'],
			...Array.from({length: 10}, () => 'GET'),
		]);
	});

	test('and tried again now and then: a host that changes its mind is believed', async () => {
		let isRefusing = true;
		await using server = await listen((request, response) =>
			(isRefusing ? refusing('suffix', 403) : serve)(request, response),
		);
		await using registry = connect(server);

		await askTimes(registry, 2, 'edge');
		isRefusing = false;
		await askTimes(registry, 20, 'edge');

		const later = sent(server).slice(4);
		expect(later.slice(0, 15)).toEqual(Array.from({length: 15}, () => exact));
		expect(later.slice(15)).toEqual(Array.from({length: 5}, () => 'bytes=-1'));
	});

	test('but not from a single one', async () => {
		let refusals = 1;
		await using server = await listen((request, response) =>
			(refusals-- > 0 ? refusing('suffix', 403) : serve)(request, response),
		);
		await using registry = connect(server);

		await askTimes(registry, 3, 'edge');

		expect(sent(server)).toEqual(['bytes=-1', exact, 'bytes=-1', 'bytes=-1']);
	});

	test('of HEAD, too', async () => {
		await using server = await listen(refusing('head', 405));
		await using registry = connect(server);

		await askTimes(registry, 5, 'head');

		expect(sent(server)).toEqual(['HEAD', 'bytes=-1', 'HEAD', 'bytes=-1', 'bytes=-1', 'bytes=-1', 'bytes=-1']);
	});

	test('only where the host serves the blob otherwise: damage teaches nothing', async () => {
		await using server = await listen((_, response) => response.writeHead(404).end(gone));
		await using registry = connect(server);

		expect(await askTimes(registry, 4, 'edge')).toEqual(['missing', 'missing', 'missing', 'missing']);
		expect(sent(server)).toEqual(Array.from({length: 4}, () => ['bytes=-1', 'GET']).flat());
	});

	test('of the store that the registry redirects to, and not of the registry', async () => {
		await using store = await listen(refusing('suffix', 403));
		await using server = await listen((request, response) =>
			request.url!.includes('acme/app')
				? response.writeHead(307, {location: `http://${store.host}/signed`}).end()
				: serve(request, response),
		);
		await using registry = connect(server);

		await askTimes(registry, 3, 'edge');
		await registry.blob('acme/stored-here', blob, 'edge', {signal});

		expect(sent(store)).toEqual(['bytes=-1', exact, 'bytes=-1', exact, exact]);
		expect(sent(server)).toEqual(['bytes=-1', 'bytes=-1', 'bytes=-1', 'bytes=-1', 'bytes=-1', 'bytes=-1']);
	});

	test('and forgotten by a fresh look', async () => {
		await using server = await listen(refusing('suffix', 403));
		await using registry = connect(server);

		await askTimes(registry, 3, 'edge');
		const fresh = registry.fresh();
		await fresh.blob('acme/app', blob, 'edge', {signal});
		await fresh.close();

		expect(sent(server).slice(-2)).toEqual(['bytes=-1', exact]);
	});
});

describe('a host that sends the whole blob instead of a range', () => {
	const large = blobOf(Buffer.alloc(5 * 1024 * 1024, 'layer'));
	const of = {digest: large.digest, size: large.bytes.length};

	const wholeOnly = (content: Buffer, headers: Record<string, number> = {'content-length': content.length}) =>
		listen((_, response) => response.writeHead(200, headers).end(content));

	test.each([
		['is not listened to once its headers told the size, and the answer says what that is worth', 'present', 0],
		['shows a wrong size without being listened to', 'truncated', 1],
	])('%s', async (_, state, missing) => {
		const closed = Promise.withResolvers<void>();
		await using server = await listen((_, response) => {
			// It would never come to an end.
			response.writeHead(200, {'content-length': of.size - missing}).write(large.bytes.subarray(0, 100_000));
			response.once('close', closed.resolve);
		});
		await using registry = connect(server, {readBudget: 0});

		const answer = await registry.blob('acme/app', of, 'edge', {signal});
		await closed.promise;

		expect(answer).toMatchObject({state, ...(state === 'present' && {sizeOnly: true})});
		expect(server.requests).toHaveLength(1);
	});

	test('is read to its end as long as the budget of the run lasts', async () => {
		await using server = await wholeOnly(large.bytes);
		await using registry = connect(server, {readBudget: 2 * of.size + 10});

		const answers = [];
		for (let n = 0; n < 4; n++) {
			answers.push(await registry.blob('acme/app', of, 'edge', {signal}));
		}

		const [whole, size] = [
			{state: 'present', status: 200},
			{state: 'present', status: 200, sizeOnly: true},
		];
		expect(answers).toEqual([whole, whole, size, size]);
	});

	test('needs no budget at depth head, where existence is enough', async () => {
		await using server = await wholeOnly(large.bytes);
		await using registry = connect(server, {readBudget: 0});

		expect(await registry.blob('acme/app', of, 'head', {signal})).toEqual({state: 'present', status: 200});
	});

	test('and does not tell the size leaves it unknown when the budget is spent', async () => {
		await using server = await wholeOnly(large.bytes, {});
		await using registry = connect(server, {readBudget: of.size});

		expect(await registry.blob('acme/app', of, 'edge', {signal})).toEqual({state: 'present', status: 200});
		await expect(registry.blob('acme/app', of, 'edge', {signal})).rejects.toMatchObject({
			code: 'registry.no-size',
			exit: 'indeterminate',
		});
		expect(await registry.blob('acme/app', of, 'head', {signal})).toEqual({state: 'present', status: 200});
	});

	test('is read whole, whatever the budget, at depth content', async () => {
		await using server = await wholeOnly(Buffer.alloc(of.size, 'other'));
		await using registry = connect(server, {readBudget: 0});

		expect(await registry.blob('acme/app', of, 'content', {signal})).toMatchObject({state: 'corrupt'});
	});

	test('and cuts it off each time does not serve it', async () => {
		await using server = await listen((_, response) =>
			response.writeHead(200, {'content-length': size}).write(bytes.subarray(0, 5), () => response.socket?.end()),
		);
		await using registry = connect(server);

		for (const depth of ['edge', 'content'] as const) {
			expect(await registry.blob('acme/app', blob, depth, {signal})).toMatchObject({
				state: 'unserved',
				detail: `the registry promises ${size} bytes and cuts them off`,
			});
		}
	});
});
