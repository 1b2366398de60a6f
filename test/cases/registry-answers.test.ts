import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {ImageCheck, RegistryRole} from '../../src/domain/image/verdict.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {type RecordedAnswer, recordedAnswers} from '../support/recorded-registry.ts';

const {signal} = new AbortController();
const image = buildImage({seed: 'recorded', platforms: ['linux/amd64'], attestations: false});
const [child] = image.manifests;
const layer = image.blobs[1]!;
const parts = new Map(
	[...image.manifests, ...image.blobs, image.index].map(({digest, bytes}) => [digest as string, bytes]),
);

/** What those who recorded the answers say of each, and the words that have to be given as the reason. */
const right: Record<string, {kind: string; words: string | RegExp} | {code: string; words: string | RegExp}> = {
	'empty-manifest': {kind: 'manifest-unreadable', words: /not valid at byte 0|unexpected end of JSON input/},
	'cut-manifest': {kind: 'manifest-unreadable', words: /not valid at byte 60|unexpected end of JSON input/},
	'html-manifest': {kind: 'manifest-unreadable', words: /not valid at byte 1|invalid character '<'/},
	// 2.8 gives no reason for these three: `"detail":{}`.
	schema9: {kind: 'manifest-unreadable', words: /unknown error|unrecognized manifest schema version 9/},
	'empty-link': {kind: 'manifest-unreadable', words: /unknown error|invalid checksum digest format/},
	'newline-link': {kind: 'manifest-unreadable', words: /unknown error|invalid checksum digest length/},
	'folder-link': {kind: 'manifest-unreadable', words: 'is a directory'},
	'denied-manifest': {code: 'registry.storage', words: /storage \(filesystem\) fails: permission denied/},
	'denied-link': {code: 'registry.storage', words: /storage \(filesystem\) fails: permission denied/},
	'denied-layer-link': {code: 'registry.storage', words: /storage \(filesystem\) fails: permission denied/},
	// Nobody can pull it while its neighbours are served. Only the disk tells that its data is whole: it is not called empty.
	'denied-layer': {kind: 'part-unserved', words: /promises \d+ bytes and delivers none/},
	'missing manifest': {kind: 'child-missing', words: 'manifest unknown'},
	'missing blob': {kind: 'layer-missing', words: 'blob unknown to registry'},
	'pull-through cache, upstream says 429': {code: 'registry.upstream', words: /upstream refuses/},
	'pull-through cache, upstream says 429, a blob': {code: 'registry.upstream', words: /429|toomanyrequests/},
};

const damageOf = ({damage}: RecordedAnswer) => damage.replace(/ ranged$/, '');
const isRanged = ({damage}: RecordedAnswer) => damage.endsWith(' ranged');

/** What the damaged part is asked for: the child, a layer, or by its tag the whole image. */
const partOf = ({request}: RecordedAnswer) =>
	request.includes('/blobs/') ? layer.digest : request.includes('sha256:') ? child!.digest : 'v1';

/** Serves the image, and the recorded answer in the place of one part. Other answers about the same damage go along with it. */
function serve(answer: RecordedAnswer, request: IncomingMessage, response: ServerResponse): void {
	const name = request.url!.split('/').at(-1)!;
	const likely = recordedAnswers.filter(each => each.server === answer.server && damageOf(each) === damageOf(answer));
	const told =
		name === partOf(answer)
			? (likely.find(
					each => each.request.startsWith(`${request.method} `) && isRanged(each) === 'range' in request.headers,
				) ?? likely.find(each => each.request.startsWith('GET')))
			: undefined;

	if (told !== undefined) {
		const size = layer.bytes.length;
		const entries = Object.entries(told.headers).map(([key, value]) => [
			key,
			value.replaceAll('1710', String(size)).replaceAll('1709', String(size - 1)),
		]);
		const isCut = told.body === '' && request.method === 'GET';
		// The folder in the bodies was written shorter than it was.
		const length = isCut || request.method === 'HEAD' ? {} : {'content-length': String(Buffer.byteLength(told.body))};
		response.writeHead(told.status, {...Object.fromEntries(entries), ...length});
		response.flushHeaders();
		isCut ? response.destroy() : response.end(told.body);
		return;
	}

	if (name === 'list') {
		response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({name: 'acme', tags: ['v1']}));
		return;
	}

	const bytes = name === 'v1' ? image.index.bytes : parts.get(name);
	const type = name === 'v1' || name === image.index.digest ? mediaTypes.ociIndex : mediaTypes.ociManifest;
	const last = bytes!.length - 1;
	if (request.headers.range === undefined) {
		response.writeHead(200, {'content-type': type, 'content-length': bytes!.length}).end(bytes);
	} else {
		response.writeHead(206, {'content-range': `bytes ${last}-${last}/${last + 1}`}).end(bytes!.subarray(last));
	}
}

let answer: RecordedAnswer;
const server = createServer((request, response) => serve(answer, request, response));
let host: string;
beforeAll(async () => {
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function check(role: RegistryRole): Promise<ImageCheck> {
	const clock = {now: () => new Date(), monotonic: () => performance.now(), sleep: async () => {}};
	const registry = createRegistry({host, url: `http://${host}`, clock, credentials: async () => undefined});
	try {
		return await walkImage(registry, parseReference(`${host}/acme/app:v1`), {depth: 'edge', signal, role});
	} finally {
		await registry.close();
	}
}

test.each(
	recordedAnswers.map(
		each =>
			[each.server, damageOf(each), each.request.split(' ')[0]!, isRanged(each) ? 'ranged' : 'whole', each] as const,
	),
)(
	'%s, %s: its response to a %s (%s) gets the right verdict with the reason',
	async (_server, damage, _method, _form, each) => {
		answer = each;
		const expected = right[damage]!;

		const {verdict, faults, unchecked} = await check(damage.includes('cache') ? 'cache' : 'authoritative');

		if ('kind' in expected) {
			expect({verdict, faults}).toMatchObject({verdict: 'broken', faults: [{kind: expected.kind}]});
			expect(faults[0]!.detail).toMatch(expected.words);
		} else {
			expect({verdict, faults, unchecked}).toMatchObject({
				verdict: 'unknown',
				faults: [],
				unchecked: [{code: expected.code}],
			});
			expect(unchecked[0]!.message).toMatch(expected.words);
		}
	},
);
