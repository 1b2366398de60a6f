import {chmod, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import type {Shell} from '../../../src/engine/ports/shell.ts';
import {canBeShutOut, hostKinds, pretendHost} from '../../support/hosts.ts';
import {locate, temporaryFolder} from '../../support/real.ts';

const signal = AbortSignal.timeout(30_000);
const repository = 'acme/tool';
const [index, other, gone] = ['index', 'other', 'gone'].map(seed => buildImage({seed, layers: 1})) as [
	ReturnType<typeof buildImage>,
	ReturnType<typeof buildImage>,
	ReturnType<typeof buildImage>,
];
const child = index.manifests[0]!.digest;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;

beforeEach(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
	store = openStore(path.join(temporary.folder, 'a store'));
	await store.push(repository, 'v1', index);
	await store.push(repository, 'v2', other);
	await store.push(repository, 'v3', gone);
	await store.writeTag(repository, 'child', child);
	await store.push('acme/tool-box', 'v1', other);
});

afterEach(() => temporary[Symbol.asyncDispose]());

/** Keeps what it is asked. */
function counted(host: Shell): {shell: Shell; commands: string[]} {
	const commands: string[] = [];
	return {
		commands,
		shell: {
			...host,
			run(request, waiting) {
				commands.push(request.kind);
				return host.run(request, waiting);
			},
		},
	};
}

describe.each(hostKinds)('the tag links of a repository on a host with %s', kind => {
	const onHost = it.skipIf(kind.startsWith('busybox') && locate('busybox') === undefined);
	const shut = it.skipIf(!canBeShutOut || (kind.startsWith('busybox') && locate('busybox') === undefined));

	onHost('tell what each tag names, and which manifests name the digest, in one read', async () => {
		await rm(store.blobFile(gone.index.digest));
		await rm(path.join(store.tagFolder(repository, 'v2'), 'current/link'));
		await store.writeTag(repository, 'two-lines', other.index.digest);
		await writeFile(path.join(store.tagFolder(repository, 'two-lines'), 'current/link'), `${child}\n${child}\n`);
		const {shell, commands} = counted(await pretendHost(kind, path.join(temporary.folder, 'host')));

		const links = await createStorage({shell, root: store.root}).tagLinks(repository, child, {signal});

		expect(commands).toEqual(['read']);
		expect(Object.fromEntries(links)).toEqual({
			v1: {digest: index.index.digest, mayName: true},
			v3: {digest: gone.index.digest, mayName: false},
			child: {digest: child, mayName: false},
		});
	});

	shut('do not rule out a manifest that cannot be read', async () => {
		await chmod(store.blobFile(other.index.digest), 0);
		await chmod(path.dirname(store.blobFile(gone.index.digest)), 0);
		const shell = await pretendHost(kind, path.join(temporary.folder, 'host'), {asOrdinaryUser: true});

		const links = await createStorage({shell, root: store.root}).tagLinks(repository, child, {signal});

		expect(links.get('v2')).toEqual({digest: other.index.digest, mayName: true});
		expect(links.get('v3')).toEqual({digest: gone.index.digest, mayName: true});
		expect(links.get('child')?.mayName).toBe(false);
	});
});

it('who asks together about one repository shares a command, and of a repository that is not there no tag is known', async () => {
	const {shell, commands} = counted(await pretendHost('gnu', path.join(temporary.folder, 'host')));
	const storage = createStorage({shell, root: store.root});

	const [first, second, none] = await Promise.all([
		storage.tagLinks(repository, child, {signal}),
		storage.tagLinks(repository, other.index.digest, {signal}),
		storage.tagLinks('acme/none', child, {signal}),
	]);

	expect(commands.length).toBe(2);
	expect([...first.keys()].sort()).toEqual(['child', 'v1', 'v2', 'v3']);
	expect(second.get('v2')?.digest).toBe(other.index.digest);
	expect(none.size).toBe(0);
});
