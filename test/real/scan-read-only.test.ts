import {readdir, readFile, readlink, truncate} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {createSsh2Shell} from '../../src/adapters/ssh/ssh2/ssh2.ts';
import {findStores} from '../../src/adapters/storage/host/find-stores.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {revisionLink} from '../../src/domain/storage/listing/paths.ts';
import {blobOf, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {treeManifest} from '../support/tree-manifest.ts';

const signal = AbortSignal.timeout(90_000);
const image = buildImage({seed: 'acme', platforms: ['linux/amd64']});
/** Everything that makes, changes or removes a file, or opens one. */
const watchedCalls =
	'open,openat,openat2,creat,truncate,ftruncate,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mkdir,mkdirat,rmdir,mknod,mknodat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,fallocate';

describeReal('what the scan does on the host', ['sshd', 'ssh', 'strace', 'busybox'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let traced: RealSshd;
	let plain: RealSshd;

	const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
	const shellsOf = ({alias, configFile, host, port, user, identityFile, knownHostsFile}: RealSshd): Shell[] => [
		createOpenSshShell({processes, destination: alias, configFile, environment: process.env, nonce: createNonces()}),
		createSsh2Shell({
			target: {host, port, user, identityFiles: [identityFile], knownHostsFiles: [knownHostsFile]},
			place: 'vm',
			nonce: createNonces(),
		}),
	];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		store = openStore(inside('base/private'));
		await store.push('acme/tool', 'latest', image);
		await store.push('acme/broken', 'latest', image);
		await store.remove(store.revisionLink('acme/broken', image.manifests[0]!.digest));
		// Each command of the remote side and all it starts, one trace a process.
		const trace = `strace -ff -qq -o ${inside('trace')} -e trace=?${watchedCalls.replaceAll(',', ',?')} sh -c "$SSH_ORIGINAL_COMMAND"`;
		[traced, plain] = await Promise.all([
			startSshd({folder: inside('traced-vm'), options: [`ForceCommand ${trace}`]}),
			startSshd({folder: inside('plain-vm')}),
		]);
	});

	afterAll(async () => {
		await Promise.all([traced.stop(), plain.stop()]);
		await temporary[Symbol.asyncDispose]();
	});

	it('opens nothing for writing and makes, renames and removes nothing, over both transports', async () => {
		const before = treeManifest(store.root);

		for (const shell of shellsOf(traced)) {
			const storage = createStorage({shell, root: store.root});
			const listing = await storage.list({signal});
			const hashed = await storage.hash(listing.blobs.keys(), {signal});
			const paths = [...listing.repositories.keys()].map(name => revisionLink(name, image.manifests[0]!.digest));
			const states = await storage.recheck(paths, {signal});
			const {stores} = await findStores({shell, base: inside('base'), signal});

			expect(listing.gaps).toEqual([]);
			expect(hashed.every(({state}) => state === 'same')).toBe(true);
			expect([...states.values()].map(({state}) => state).sort()).toEqual(['gone', 'there']);
			expect(stores.map(({root}) => root)).toEqual([store.root]);
			await shell.close();
		}

		const calls = await tracedCalls();
		expect(calls.length).toBeGreaterThan(100);
		expect(calls.filter(call => call.includes(store.base) || call.includes('"./'))).not.toEqual([]);
		expect(calls.filter(isChange)).toEqual([]);
		expect(treeManifest(store.root)).toEqual(before);
	});

	it('ends with the connection, also in the middle of a large blob', async () => {
		// At this rate it would take an hour.
		const {digest} = blobOf('big');
		const file = store.blobFile(digest);
		await store.writeBlob({digest, bytes: Buffer.alloc(0)});
		await truncate(file, 400 * 1024 * 1024);

		for (const shell of shellsOf(plain)) {
			const storage = createStorage({shell, root: store.root});
			const run = storage.hash([digest], {signal, bytesPerSecond: 100 * 1024});
			run.catch(() => {});
			await until(async () => (await readersOf(file)) > 0);
			plain.cut();

			await expect(run).rejects.toMatchObject({transient: true});
			await until(async () => (await readersOf(file)) === 0);
			await shell.close();
		}
	});

	async function tracedCalls(): Promise<string[]> {
		const files = (await readdir(temporary.folder)).filter(name => name.startsWith('trace.'));
		const texts = await Promise.all(files.map(name => readFile(inside(name), 'latin1')));
		return texts.flatMap(text => text.split('\n')).filter(line => line.includes('('));
	}
});

/** A shell throws away words it does not want; nothing else may be opened to be written. */
function isChange(call: string): boolean {
	const opened = /^open\w*\((?:\w+, )?"([^"]*)", ?(.*)/.exec(call);
	return opened === null ? true : /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(opened[2]!) && opened[1] !== '/dev/null';
}

async function readersOf(file: string): Promise<number> {
	let readers = 0;
	for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
		const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
		const targets = await Promise.all(open.map(fd => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
		readers += targets.includes(file) ? 1 : 0;
	}

	return readers;
}

/** There is no event for what another process does. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
	while (!(await isSo())) {
		signal.throwIfAborted();
		await pause(50, undefined, {signal});
	}
}
