import {createHash, randomBytes} from 'node:crypto';
import {mkdir, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {streamBlob} from '../../../../src/adapters/storage/blobs/stream-blob.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {openStore, type Store} from '../../../../src/drills/images/store.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {locate, temporaryFolder} from '../../../support/real.ts';
import {treeManifest} from '../../../support/tree-manifest.ts';

const {signal} = new AbortController();
const nonce = createNonces();
const pieceBytes = 4 * 1024 * 1024;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;

beforeEach(async () => {
	temporary = await temporaryFolder();
	store = openStore(path.join(temporary.folder, 'a store'));
	await mkdir(path.join(store.base, 'repositories'), {recursive: true});
});

afterEach(() => temporary[Symbol.asyncDispose]());

async function put(bytes: Buffer): Promise<{digest: Digest; size: number}> {
	const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
	await mkdir(path.dirname(store.blobFile(digest)), {recursive: true});
	await writeFile(store.blobFile(digest), bytes);
	return {digest, size: bytes.length};
}

const local = (environment = process.env) => createLocalShell({processes, nonce, environment});
const storage = () => createStorage({shell: local(), root: store.root});

async function read(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of bytes) {
		chunks.push(Uint8Array.from(chunk));
	}

	return Buffer.concat(chunks);
}

test.each([0, 1, 65_536, pieceBytes, pieceBytes + 1, 3 * pieceBytes - 7])(
	'a blob of %i bytes arrives whole, and nothing is written',
	async size => {
		const bytes = randomBytes(size);
		const blob = await put(bytes);
		const before = treeManifest(temporary.folder);

		expect((await read(storage().streamBlob(blob, {signal}))).equals(bytes)).toBe(true);
		expect(treeManifest(temporary.folder)).toEqual(before);
	},
);

test.skipIf(locate('busybox') === undefined)('busybox sends the same bytes', async () => {
	const bytes = randomBytes(pieceBytes + 70_000);
	const blob = await put(bytes);
	const bin = path.join(temporary.folder, 'bin');
	await mkdir(bin);
	for (const name of ['sh', 'ls', 'dd', 'nice', 'printf']) {
		await writeFile(path.join(bin, name), `#!${locate('busybox')} sh\nexec ${locate('busybox')} ${name} "$@"\n`, {
			mode: 0o755,
		});
	}

	const shell = local({PATH: bin});
	expect((await read(createStorage({shell, root: store.root}).streamBlob(blob, {signal}))).equals(bytes)).toBe(true);
});

test('a slow consumer has no more than two pieces of the blob in memory', async () => {
	const blob = await put(randomBytes(6 * pieceBytes));
	let came = 0;
	const shell = local();
	const counting: Shell = {
		...shell,
		run: (request, waiting) =>
			shell.run(
				{
					...request,
					onOutput(chunk) {
						came += chunk.length;
						request.onOutput?.(chunk);
					},
				},
				waiting,
			),
	};
	let taken = 0;
	let most = 0;

	for await (const chunk of streamBlob(blob, {shell: counting, root: store.root, signal})) {
		taken += chunk.length;
		// Time for everything that was requested to arrive.
		await new Promise(resolve => setImmediate(resolve));
		most = Math.max(most, came - taken);
	}

	expect(taken).toBe(blob.size);
	expect(most).toBeLessThanOrEqual(2 * pieceBytes);
	expect(most).toBeGreaterThan(0);
});

test('leaving the loop in the middle ends the command', async () => {
	const blob = await put(randomBytes(3 * pieceBytes));
	const shell = local();
	let ended: Promise<unknown> = Promise.resolve();
	const watching: Shell = {
		...shell,
		run(request, waiting) {
			const running = shell.run(request, waiting);
			ended = running.catch(error => error);
			return running;
		},
	};

	for await (const _ of streamBlob(blob, {shell: watching, root: store.root, signal})) {
		break;
	}

	expect(await ended).toMatchObject({message: 'the reader of the blob has left'});
});

test('a blob that is gone, or whose length has changed, is an error that says so', async () => {
	const blob = await put(randomBytes(100));
	const other = {...blob, digest: `sha256:${'0'.repeat(64)}` as Digest};
	await truncate(store.blobFile(blob.digest), 50);

	await expect(read(storage().streamBlob(blob, {signal}))).rejects.toMatchObject({code: 'storage.blob-gone'});
	await expect(read(storage().streamBlob(other, {signal}))).rejects.toMatchObject({code: 'storage.blob-gone'});
});

test('a host that stalls is given up, and a cancelled stream ends at once', async () => {
	const silent: Shell = {
		place: 'vm',
		run: (_, waiting) =>
			new Promise((_, reject) => waiting.signal.addEventListener('abort', () => reject(waiting.signal.reason))),
		close: async () => {},
	};
	const blob = {digest: `sha256:${'0'.repeat(64)}` as Digest, size: 100};
	const stop = new AbortController();

	await expect(read(streamBlob(blob, {shell: silent, root: '/r', signal, stallTimeoutMs: 20}))).rejects.toMatchObject({
		code: 'storage.silent',
	});
	const reading = read(streamBlob(blob, {shell: silent, root: '/r', signal: stop.signal}));
	stop.abort(new Error('enough'));
	await expect(reading).rejects.toThrow('enough');
});
