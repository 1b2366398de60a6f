import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {blobOf} from '../../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../../src/drills/images/store.ts';
import type {HashAnswer} from '../../../../src/engine/ports/storage.ts';
import {canBeShutOut, pretendHost} from '../../../support/hosts.ts';
import {locate, temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(30_000);
const blobs = ['first', 'second', 'third', 'fourth'].map(text => blobOf(text.repeat(1000)));
const [first, second, third, fourth] = blobs.map(({digest}) => digest);
const never = 'exit 127';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;

beforeEach(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
	store = openStore(path.join(temporary.folder, 'store'));
	await Promise.all(blobs.map(blob => store.writeBlob(blob)));
	await mkdir(path.join(store.base, 'repositories'));
});

afterEach(() => temporary[Symbol.asyncDispose]());

async function storageWith(programs: Record<string, string> = {}, asOrdinaryUser = false) {
	const folder = path.join(temporary.folder, 'host');
	return createStorage({shell: await pretendHost('gnu', folder, {programs, asOrdinaryUser}), root: store.root});
}

describe.each([
	['sha256sum', {}],
	['busybox', {sha256sum: never}],
	['openssl', {sha256sum: never, busybox: never}],
	['shasum', {sha256sum: never, busybox: never, openssl: never}],
])('hashing with %s', (program, programs) => {
	it.skipIf(locate(program) === undefined)('tells apart blobs that are the same, changed and gone', async () => {
		await writeFile(store.blobFile(second!), 'other bytes');
		await store.remove(store.blobFile(third!));

		const answers = await (await storageWith(programs)).hash(
			blobs.map(({digest}) => digest),
			{signal},
		);

		expect(answers).toEqual([
			{digest: first, state: 'same', bytes: 5000},
			{digest: second, state: 'differs', bytes: 11},
			{digest: third, state: 'gone', bytes: 0},
			{digest: fourth, state: 'same', bytes: 6000},
		]);
	});
});

it.skipIf(!canBeShutOut)('a blob that cannot be read, or whose folder cannot, is unread and never gone', async () => {
	await chmod(store.blobFile(first!), 0);
	await chmod(path.dirname(store.blobFile(second!)), 0);

	const answers = await (await storageWith({}, true)).hash([first!, second!, third!], {signal});

	expect(answers.map(({state}) => state)).toEqual(['unread', 'unread', 'same']);
});

it('a blob whose middle cannot be read is unread, and does not count as changed', async () => {
	const big = blobOf('x'.repeat(300 * 1024));
	await store.writeBlob(big);
	const marker = path.join(temporary.folder, 'once');
	const dd = `case $* in *count=1\\ *|*'count=1') ;; *) exec ${locate('dd')} "$@" ;; esac
if [ -e ${marker} ]; then exit 1; fi
: >${marker}
exec ${locate('dd')} "$@"`;

	const answers = await (await storageWith({dd, sleep: ':'})).hash([big.digest, first!], {
		signal,
		bytesPerSecond: 64 * 1024,
	});

	expect(answers.map(({state}) => state)).toEqual(['unread', 'same']);
});

it('reads no more in a second than the limit, in one large blob and in many small ones', async () => {
	const big = blobOf('x'.repeat(300 * 1024));
	const small = Array.from({length: 20}, (_, n) => blobOf(`${n}`.padEnd(32 * 1024)));
	await Promise.all([big, ...small].map(blob => store.writeBlob(blob)));
	const pauses = path.join(temporary.folder, 'pauses');
	const storage = await storageWith({sleep: `echo "$1" >>${pauses}`});

	const answers = await storage.hash(
		[big, ...small].map(({digest}) => digest),
		{
			signal,
			bytesPerSecond: 128 * 1024,
		},
	);

	expect(answers.every(({state}) => state === 'same')).toBe(true);
	// 300 KiB in slices of 128, and 640 KiB in files of 32.
	expect((await readFile(pauses, 'utf8')).trim().split('\n')).toHaveLength(3 + 5);
});

it('answers arrive while it runs, and after a cut only the rest needs to be asked for again', async () => {
	const marker = path.join(temporary.folder, 'held');
	const digests = blobs.map(({digest}) => digest);
	const came: HashAnswer[] = [];
	const stop = new AbortController();
	const sleep = `: >${marker}; exec ${locate('sleep')} 60`;
	const storage = await storageWith({sleep});

	// 5000 bytes are more than four a second: there is a pause after the second blob at the latest.
	const run = storage.hash(digests, {
		signal: stop.signal,
		bytesPerSecond: 8 * 1024,
		onAnswer(answer) {
			came.push(answer);
			if (came.length === 2) {
				stop.abort(new Error('cut'));
			}
		},
	});

	await expect(run).rejects.toThrow('cut');
	expect(came.map(({state}) => state)).toEqual(['same', 'same']);
	const known = new Set(came.map(({digest}) => digest));
	const left = digests.filter(digest => !known.has(digest));
	expect(left).toHaveLength(2);
	const rest = await (await storageWith()).hash(left, {signal});
	expect(rest.map(({state}) => state)).toEqual(['same', 'same']);
});

it('small blobs share a hashing program, and large ones have their own', async () => {
	const many = Array.from({length: 550}, (_, n) => blobOf(`small ${n}`));
	const large = blobOf(Buffer.alloc(1024 * 1024 + 1));
	await Promise.all([...many, large].map(blob => store.writeBlob(blob)));
	const calls = path.join(temporary.folder, 'calls');
	const sha256sum = `echo $# >>${calls}; exec ${locate('sha256sum')} "$@"`;

	const answers = await (await storageWith({sha256sum})).hash(
		[...many, large].map(({digest}) => digest),
		{signal},
	);

	expect(answers).toEqual([...many, large].map(({digest, bytes}) => ({digest, state: 'same', bytes: bytes.length})));
	// It is tried out at the start of each of the two commands.
	const counts = (await readFile(calls, 'utf8')).trim().split('\n').map(Number);
	expect(counts.toSorted((a, b) => b - a)).toEqual([500, 50, 0, 0, 0]);
});

it('what goes, changes or cannot be read while its group is hashed is looked at alone', async () => {
	const sha256sum = `if [ $# -gt 0 ]; then
	rm ${store.blobFile(first!)}
	echo other >${store.blobFile(second!)}
	${locate('sha256sum')} "$@" | grep -v ${third!.slice(7)} | head -c 150
	exit 1
fi
exec ${locate('sha256sum')}`;

	const answers = await (await storageWith({sha256sum})).hash(
		blobs.map(({digest}) => digest),
		{signal},
	);

	expect(answers.map(({state}) => state)).toEqual(['gone', 'differs', 'same', 'same']);
});

it('a host without xargs hashes one blob after the other', async () => {
	const answers = await (await storageWith({xargs: never})).hash([first!, second!], {signal});

	expect(answers.map(({state}) => state)).toEqual(['same', 'same']);
});

it('a host without any hashing program is an error that says what to install', async () => {
	const storage = await storageWith({sha256sum: never, busybox: never, openssl: never, shasum: never});

	await expect(storage.hash([first!], {signal})).rejects.toMatchObject({
		code: 'storage.no-hash',
		exit: 'configuration',
		hint: expect.stringContaining('coreutils'),
	});
});
