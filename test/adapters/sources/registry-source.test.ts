import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {afterEach, expect, it} from 'vitest';
import {createRegistrySource} from '../../../src/adapters/sources/registry-source.ts';
import {blobOf} from '../../../src/drills/images/image.ts';
import {connect, type Loopback, listen} from '../registry/server.ts';

const {signal} = new AbortController();
const repository = 'acme/app';
const blob = blobOf(randomBytes(600_000));
const sought = {repository, digest: blob.digest, kind: 'blob' as const, size: blob.bytes.length};

let server: Loopback;

afterEach(() => server[Symbol.asyncDispose]());

function sourceOf() {
	const registry = connect(server);
	return createRegistrySource({name: 'mirror', url: `http://${server.host}`, registry});
}

it('passes on a blob that arrives in parts, to a reader who waits for each of them', async () => {
	const half = Promise.withResolvers<void>();
	server = await listen(async (_, response) => {
		response.writeHead(200, {'content-length': blob.bytes.length});
		response.write(blob.bytes.subarray(0, 300_000));
		await half.promise;
		response.end(blob.bytes.subarray(300_000));
	});
	const source = sourceOf();
	const received: Uint8Array[] = [];
	let length = 0;

	for await (const piece of source.stream(sought, {signal})) {
		received.push(Buffer.from(piece));
		length += piece.length;
		if (length >= 300_000) {
			half.resolve();
		}
	}

	expect(Buffer.concat(received).equals(blob.bytes)).toBe(true);
	await source.close();
});

it('goes on where it stopped after a cut, and passes nothing on twice', async () => {
	let asked = 0;
	server = await listen(async (request, response) => {
		if (request.headers.range !== undefined) {
			const last = blob.bytes.length - 1;
			response.writeHead(206, {'content-range': `bytes ${last}-${last}/${blob.bytes.length}`, 'content-length': 1});
			response.end(blob.bytes.subarray(-1));
			return;
		}

		response.writeHead(200, {'content-length': blob.bytes.length});
		if (asked++ > 0) {
			response.end(blob.bytes);
			return;
		}

		response.write(blob.bytes.subarray(0, 250_000), () => response.destroy());
	});
	const source = sourceOf();
	const received: Uint8Array[] = [];

	for await (const piece of source.stream(sought, {signal})) {
		received.push(Buffer.from(piece));
	}

	expect(asked).toBe(2);
	expect(Buffer.concat(received).equals(blob.bytes)).toBe(true);
	await source.close();
});

it('ends the request when its reader leaves', async () => {
	const closed = Promise.withResolvers<void>();
	server = await listen((_, response) => {
		void once(response, 'close').then(() => closed.resolve());
		response.writeHead(200, {'content-length': blob.bytes.length});
		response.write(blob.bytes.subarray(0, 1000));
	});
	const source = sourceOf();

	for await (const piece of source.stream(sought, {signal})) {
		expect(piece.length).toBeGreaterThan(0);
		break;
	}

	await closed.promise;
	await source.close();
});
