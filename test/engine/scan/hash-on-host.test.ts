import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import type {HashAnswer, Storage} from '../../../src/engine/ports/storage.ts';
import {hashingOnHost} from '../../../src/engine/scan/hash-on-host.ts';
import {walkImage} from '../../../src/engine/verify/walk-image.ts';
import {failure, latest, shelf} from '../verify/shelf.ts';

const {signal} = new AbortController();
const image = buildImage({seed: 'host', layers: 4});

function host(states: Partial<Record<Digest, HashAnswer['state']>> = {}) {
	const calls: Digest[][] = [];
	const self: Pick<Storage, 'hash' | 'place'> & {calls: Digest[][]} = {
		place: 'registry-vm:/opt/registry',
		calls,
		async hash(digests, {onAnswer}) {
			const asked = [...digests];
			calls.push(asked);
			await new Promise(resolve => setImmediate(resolve));
			const answers = asked.map(digest => ({digest, state: states[digest] ?? 'same', bytes: 1}) as const);
			for (const answer of answers) {
				onAnswer?.(answer);
			}

			return answers;
		},
	};
	return self;
}

function depthsSeen(registry = shelf(image)) {
	const depths = new Map<string, string>();
	const {blob} = registry;
	registry.blob = (repository, descriptor, depth, waiting) => {
		depths.set(descriptor.digest, depth);
		return blob(repository, descriptor, depth, waiting);
	};
	return {registry, depths};
}

/** Configs are read, wherever the rest is hashed. */
const large = image.blobs
	.filter(({bytes}) => bytes.length > 100 && !bytes.toString().startsWith('{"os":"linux"'))
	.map(({digest}) => digest);
const walk = (registry = shelf(image), storage = host(), depth: 'edge' | 'content' = 'content') =>
	walkImage(hashingOnHost(registry, storage, {aboveBytes: 100}), latest, {depth, signal});

test('large blobs are hashed on the host, with one byte over HTTP, and small ones are downloaded', async () => {
	const {registry, depths} = depthsSeen();
	const storage = host();

	expect(await walk(registry, storage)).toMatchObject({verdict: 'intact'});

	expect(large.length).toBeGreaterThan(2);
	expect(storage.calls.flat().sort()).toEqual([...large].sort());
	expect(storage.calls.length).toBeLessThan(large.length);
	for (const {digest} of image.blobs) {
		expect(depths.get(digest)).toBe(large.includes(digest) ? 'edge' : 'content');
	}
});

test('nothing is hashed at another depth, and no blob that HTTP already shows to be broken', async () => {
	const storage = host();
	await walk(shelf(image), storage, 'edge');
	expect(storage.calls).toEqual([]);

	const registry = shelf(image);
	registry.blobs.set(large[0]!, {state: 'empty', status: 206, detail: 'it is empty'});
	expect((await walk(registry, storage)).faults).toMatchObject([{kind: 'blob-empty'}]);
	expect(storage.calls.flat()).not.toContain(large[0]);
});

test('a large blob of another size is hashed on the host: whole data has a wrong descriptor, other data is truncated', async () => {
	const registry = shelf(image);
	registry.blobs.set(large[0]!, {state: 'truncated', status: 206, length: 9, detail: 'it has 9 bytes'});

	expect((await walk(registry, host())).faults).toMatchObject([{kind: 'size-wrong', digest: large[0]}]);
	expect((await walk(registry, host({[large[0]!]: 'differs'}))).faults).toMatchObject([{kind: 'blob-truncated'}]);
});

test.each([
	['differs', {verdict: 'broken', faults: [{kind: 'blob-corrupt', detail: expect.stringContaining('registry-vm')}]}],
	[
		'gone',
		{verdict: 'unknown', unchecked: [{code: 'registry.answers-differ', hint: expect.stringContaining('restart')}]},
	],
	['unread', {verdict: 'unknown', unchecked: [{code: 'storage.unread'}]}],
] as const)('a blob that the host calls %s is never called intact', async (state, outcome) => {
	expect(await walk(shelf(image), host({[large[0]!]: state}))).toMatchObject(outcome);
});

test('a digest without a result is unread, and a failing host does not affect the rest of the walk', async () => {
	const silent = {...host(), hash: async () => []};
	expect(await walk(shelf(image), silent as never)).toMatchObject({verdict: 'unknown', faults: []});

	const away = {...host(), hash: () => Promise.reject(failure('ssh.unreachable', 'unreachable'))};
	const check = await walk(shelf(image), away as never);
	expect(check).toMatchObject({verdict: 'unknown', checked: {blobs: image.blobs.length - large.length}});
	expect(check.unchecked).toHaveLength(large.length);
});

test('a result that arrived before the call failed still counts', async () => {
	const storage = host();
	storage.hash = async (digests, {onAnswer}) => {
		const [first] = [...digests];
		onAnswer?.({digest: first!, state: 'same', bytes: 1});
		throw failure('ssh.lost', 'unreachable');
	};
	const registry = hashingOnHost(shelf(image), storage, {aboveBytes: 100});
	const ask = (digest: Digest) => registry.blob('acme/app', {digest, size: 200}, 'content', {signal});

	const [first, second] = await Promise.allSettled([ask(large[0]!), ask(large[1]!)]);

	expect(first).toMatchObject({status: 'fulfilled', value: {state: 'present'}});
	expect(second).toMatchObject({status: 'rejected', reason: {code: 'ssh.lost'}});
});

test('a blob of two repositories is hashed once, and cancelling one walk does not cancel another', async () => {
	const storage = host();
	const registry = hashingOnHost(shelf(image), storage, {aboveBytes: 100});
	const blob = {digest: large[0]!, size: 200};
	await registry.blob('acme/app', blob, 'content', {signal});
	await registry.blob('acme/other', blob, 'content', {signal});
	expect(storage.calls).toHaveLength(1);

	const controller = new AbortController();
	storage.hash = (digests, options) =>
		options.signal === controller.signal
			? new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)))
			: host().hash(digests, options);
	const other = {digest: large[1]!, size: 200};
	const calledOff = registry.blob('acme/app', other, 'content', {signal: controller.signal});
	const goesOn = registry.blob('acme/app', other, 'content', {signal});
	const end = expect(calledOff).rejects.toThrow('ctrl-c');
	setImmediate(() => controller.abort(new Error('ctrl-c')));

	await end;
	expect(await goesOn).toMatchObject({state: 'present'});
});
