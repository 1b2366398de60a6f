import {execFileSync} from 'node:child_process';
import {chmod, mkdir, rename, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createLocalShell} from '../../../src/adapters/ssh/local.ts';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import {type BuiltImage, buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import type {Shell, ShellRequest} from '../../../src/engine/ports/shell.ts';
import {createNonces} from '../../support/nonces.ts';
import {processes} from '../../support/processes.ts';
import {locate, temporaryFolder} from '../../support/real.ts';

const signal = AbortSignal.timeout(20_000);
const nonce = createNonces();

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;
let image: BuiltImage;

beforeEach(async () => {
	temporary = await temporaryFolder();
	store = openStore(path.join(temporary.folder, 'a store'));
	image = buildImage({seed: 'acme', platforms: ['linux/amd64']});
	await store.push('acme/tool', 'latest', image);
});

afterEach(() => temporary[Symbol.asyncDispose]());

/** Puts programs before the real ones on the PATH of the scanned machine. */
async function shellWith(programs: Record<string, string>): Promise<Shell> {
	const folder = path.join(temporary.folder, 'bin');
	await mkdir(folder, {recursive: true});
	for (const [name, text] of Object.entries(programs)) {
		await writeFile(path.join(folder, name), text);
		await chmod(path.join(folder, name), 0o755);
	}

	return createLocalShell({processes, nonce, environment: {PATH: `${folder}:${process.env.PATH}`}});
}

function counted(shell: Shell): {shell: Shell; requests: ShellRequest[]} {
	const requests: ShellRequest[] = [];
	return {
		requests,
		shell: {
			...shell,
			run(request, waiting) {
				requests.push(request);
				return shell.run(request, waiting);
			},
		},
	};
}

const local = () => createLocalShell({processes, nonce});

describe('a listing', () => {
	it('of a healthy store takes five commands, all reads, from a root with a space in it, and finds nothing wrong', async () => {
		const {shell, requests} = counted(local());
		let files = 0;

		const listing = await createStorage({shell, root: store.root}).list({
			signal,
			progress(n) {
				files = n;
			},
		});

		expect(listing.gaps).toEqual([]);
		expect(assess(listing, {role: 'authoritative'})).toMatchObject({complete: true, findings: []});
		expect(requests.map(({kind}) => kind)).toEqual(Array(5).fill('read'));
		expect(files).toBeGreaterThan(20);
	});

	it.each(['find', 'stat'])('lists tags named like the registry’s own folders, with %s', async how => {
		const broken = buildImage({seed: 'broken', platforms: ['linux/amd64']});
		for (const tag of ['_uploads', '_layers', '_manifests', 'current']) {
			await store.push('acme/tool', tag, broken);
		}

		await mkdir(path.join(store.root, 'docker/registry/v2/repositories/acme/tool/_uploads/half-done'), {
			recursive: true,
		});
		const find = '#!/bin/sh\ncase "$*" in *-printf*) exit 1 ;; esac\nexec /usr/bin/find "$@"\n';
		const shell = how === 'find' ? local() : await shellWith({find});

		const listing = await createStorage({shell, root: store.root}).list({signal});

		expect([...listing.repositories.get('acme/tool')!.tags.keys()].sort()).toEqual(
			['_layers', '_manifests', '_uploads', 'current', 'latest'].sort(),
		);
		expect([...listing.folders!.keys()].filter(folder => folder.includes('half-done'))).toEqual([]);
	});

	it.skipIf(locate('busybox') === undefined)('is the same with nothing but busybox on the host', async () => {
		const bin = path.join(temporary.folder, 'busybox');
		await mkdir(bin);
		for (const name of ['sh', 'dd', 'find', 'stat', 'head', 'xargs', 'date', 'nice', 'awk', 'grep']) {
			await symlink(locate('busybox')!, path.join(bin, name));
		}

		await store.remove(path.dirname(store.revisionLink('acme/tool', image.manifests[0]!.digest)));
		const busybox = createLocalShell({processes, nonce, environment: {PATH: bin}});
		const [theirs, ours] = await Promise.all(
			[busybox, local()].map(shell => createStorage({shell, root: store.root}).list({signal})),
		);
		const findings = assess(ours!, {role: 'authoritative'}).findings;

		expect(theirs!.gaps).toEqual([]);
		expect(assess(theirs!, {role: 'authoritative'}).findings).toEqual(findings);
		expect(findings).toMatchObject([{kind: 'child-unlinked'}]);
	});

	it('with a folder that cannot be read is incomplete, names it, and reports nothing in it as gone', async () => {
		const repository = `./repositories/acme/tool/_layers`;
		const find = locate('find')!;
		const shell = await shellWith({
			find: `#!/bin/sh\n${find} "$@" ! -path '${repository}/*'; case $* in *-xdev*) echo "find: '${repository}': Permission denied" >&2; exit 1;; esac\n`,
		});

		const listing = await createStorage({shell, root: store.root}).list({signal});
		const scan = assess(listing, {role: 'authoritative'});

		expect(scan.complete).toBe(false);
		expect(scan.gaps).toEqual(['repositories/acme/tool/_layers: Permission denied']);
		expect(scan.findings).toEqual([]);
	});

	it('of a find that fails without an error message is incomplete, and reports nothing as gone', async () => {
		const find = locate('find')!;
		const shell = await shellWith({
			find: `#!/bin/sh\n${find} "$@"; case $* in *-xdev*) exit 3;; esac\n`,
		});
		await store.remove(store.blobFile(image.blobs[0]!.digest));

		const scan = assess(await createStorage({shell, root: store.root}).list({signal}), {role: 'authoritative'});

		expect(scan).toMatchObject({complete: false, gaps: ['find ended with exit 3'], findings: []});
	});

	it.each([
		['in one part', 'a'.repeat(255)],
		['in two parts', `b/${'c'.repeat(253)}`],
	])('sees a repository with the longest name there can be, %s', async (_parts, name) => {
		await store.push(name, 'latest', image);

		const listing = await createStorage({shell: local(), root: store.root}).list({signal});

		expect([...listing.repositories.keys()]).toContain(name);
		expect(listing.leftOut).toBe(0);
	});

	it('does not follow a symbolic link and says so', async () => {
		await symlink('/etc', path.join(store.base, 'blobs/elsewhere'));

		const listing = await createStorage({shell: local(), root: store.root}).list({signal});

		expect(listing).toMatchObject({complete: false, gaps: ['blobs/elsewhere is a symbolic link and was not read']});
	});

	it('of a wrong root is an error in the configuration, not an empty store', async () => {
		const list = (root: string) => createStorage({shell: local(), root}).list({signal});

		await expect(list(path.join(temporary.folder, 'nowhere'))).rejects.toMatchObject({
			code: 'storage.no-root',
			exit: 'configuration',
		});
		await expect(list(temporary.folder)).rejects.toMatchObject({code: 'storage.no-root'});
	});
});

it('a blob is returned only when its bytes match its digest', async () => {
	const storage = createStorage({shell: local(), root: store.root});
	const {digest, bytes} = image.manifests[0]!;

	expect(Buffer.from((await storage.readBlob(digest, {signal}))!)).toEqual(bytes);

	await writeFile(store.blobFile(digest), 'other');
	expect(await storage.readBlob(digest, {signal})).toBeUndefined();
	await store.remove(store.blobFile(digest));
	expect(await storage.readBlob(digest, {signal})).toBeUndefined();
});

it('a blob behind a symbolic link is read and hashed, as the registry serves it; a pipe in its place is not', async () => {
	const storage = createStorage({shell: local(), root: store.root});
	const [linked, piped] = image.blobs.map(({digest}) => digest);
	await rename(store.blobFile(linked!), `${store.blobFile(linked!)}.moved`);
	await symlink('data.moved', store.blobFile(linked!));
	await store.remove(store.blobFile(piped!));
	execFileSync('mkfifo', [store.blobFile(piped!)]);

	expect(Buffer.from((await storage.readBlob(linked!, {signal}))!)).toEqual(image.blobs[0]!.bytes);
	expect(await storage.readBlob(piped!, {signal})).toBeUndefined();
	expect(await storage.hash([linked!, piped!], {signal})).toMatchObject([{state: 'same'}, {state: 'unread'}]);
});

it('a restart runs the configured command as a write and returns its output', async () => {
	const {shell, requests} = counted(local());
	const storage = createStorage({shell, root: store.root, restartCommand: 'echo restarted; echo warning >&2; exit 2'});

	expect(await storage.restart({signal})).toEqual({exitCode: 2, output: 'restarted\nwarning\n'});
	expect(requests[0]?.kind).toBe('write');
});

describe.each([
	['with flock', undefined],
	['without flock', '#!/bin/sh\nexit 127\n'],
])('the lock %s', (_, flock) => {
	const open = async () => {
		if (flock === undefined) {
			return local();
		}

		// Only what the script needs, and no flock.
		const bin = path.join(temporary.folder, 'few');
		await mkdir(bin, {recursive: true});
		for (const name of ['sh', 'dd', 'cat', 'cksum', 'tr', 'mkdir', 'rm', 'rmdir']) {
			await symlink(locate(name)!, path.join(bin, name)).catch(() => {});
		}

		return createLocalShell({processes, nonce, environment: {PATH: bin}});
	};

	it('keeps a second incident out, names the holder, and is free again after release', async () => {
		const first = createStorage({shell: await open(), root: store.root});
		const second = createStorage({shell: await open(), root: store.base});

		const lock = await first.lock('ann on laptop', {signal});
		await expect(second.lock('bob', {signal})).rejects.toMatchObject({
			code: 'storage.locked',
			exit: 'locked',
			message: expect.stringContaining('ann on laptop'),
		});
		await lock.release();

		const again = await second.lock('bob', {signal});
		expect(again.lost?.aborted).toBe(false);
		await again.release();
	});
});
