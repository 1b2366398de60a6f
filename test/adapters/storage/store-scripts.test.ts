import {expect, it} from 'vitest';
import {findStores} from '../../../src/adapters/storage/host/find-stores.ts';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {storeScripts} from '../../../src/adapters/storage/store-scripts.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Shell, ShellRequest} from '../../../src/engine/ports/shell.ts';

const signal = AbortSignal.timeout(10_000);
const digests = ['a', 'b'].map(each => `sha256:${each.repeat(64)}` as Digest);

/** Keeps what is asked; every answer is empty. */
function recording(): {shell: Shell; asked: ShellRequest[]} {
	const asked: ShellRequest[] = [];
	const shell: Shell = {
		place: 'vm',
		async run(request) {
			asked.push(request);
			return {exitCode: 0, stdout: new Uint8Array(), stderr: ''};
		},
		close: async () => {},
	};
	return {shell, asked};
}

it('every script about a store is on the list of those that a helper runs, and takes its root first and no argument', async () => {
	const {shell, asked} = recording();
	const host = recording();
	const storage = createStorage({shell, host: host.shell, root: '/srv/registry'});
	const lock = {holder: 'nora', release: async () => {}};
	const data = {digest: digests[0]!, incident: '2026-11-29-a'};
	const work = [
		() => storage.list({signal}),
		() => storage.recheck(['blobs/x'], {signal}),
		() => storage.tagLinks('app', digests[0]!, {signal}),
		() => storage.sample(['app'], {signal}),
		() => storage.survey({signal}),
		() => storage.identity({signal}),
		() => storage.applied('plan', {signal}),
		() => storage.markApplied({id: 'plan', note: 'nora'}, {signal}),
		() => storage.readBlob(digests[0]!, {signal}),
		() => storage.streamBlob({digest: digests[0]!, size: 5}, {signal})[Symbol.asyncIterator]().next(),
		() => storage.hash(digests, {signal}),
		() => storage.maintenance({signal}),
		() => storage.moveAside(data, lock, {signal}),
		() => storage.putBack(data, lock, {signal}),
		() => storage.aside(data.incident, {signal}),
		() => storage.lock('nora', {signal}),
		() => findStores({shell, base: '/srv/registry', signal}),
	];
	for (const each of work) {
		await Promise.resolve(each()).catch(() => {});
	}

	const listed = new Set(storeScripts.map(({script}) => script));
	expect(asked.filter(({script}) => !listed.has(script)).map(({script}) => script.slice(0, 200))).toEqual([]);
	expect(asked.filter(({args = []}) => args.length > 0)).toEqual([]);
	expect(asked.length).toBeGreaterThanOrEqual(work.length);
	const used = new Set(asked.map(({script}) => script));
	// Reading files follows what a listing holds: an empty one asks for none.
	expect(storeScripts.filter(({script}) => !used.has(script)).length).toBeLessThanOrEqual(1);
	expect(host.asked.every(({script}) => !listed.has(script))).toBe(true);
});

it('a script whose input stays open is read a line at a time', () => {
	const open = storeScripts.filter(({script}) => /cat >\/dev\/null$/m.test(script) || script.includes('read -r block'));

	expect(open.length).toBe(2);
	expect(open.every(({byLine}) => byLine)).toBe(true);
});
