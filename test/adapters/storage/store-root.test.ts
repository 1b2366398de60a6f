import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLocalShell} from '../../../src/adapters/ssh/local.ts';
import {findStores} from '../../../src/adapters/storage/host/find-stores.ts';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import type {Shell} from '../../../src/engine/ports/shell.ts';
import {canBeShutOut, pretendHost} from '../../support/hosts.ts';
import {createNonces} from '../../support/nonces.ts';
import {processes} from '../../support/processes.ts';
import {locate, temporaryFolder} from '../../support/real.ts';

const signal = AbortSignal.timeout(60_000);
const digest = `sha256:${'a'.repeat(64)}` as never;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	temporary = await temporaryFolder();
	const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
	await chmod(temporary.folder, 0o755);
	await writeFile(inside('file'), 'x');
	await symlink('circle', inside('circle'));
	await mkdir(inside('empty'));
	await mkdir(inside('closed/store/docker/registry/v2/blobs'), {recursive: true});
	await mkdir(inside('half/docker/registry/v2/blobs'), {recursive: true});
	await chmod(inside('closed'), 0o700);
	await chmod(inside('half/docker'), 0o700);
});

afterAll(() => temporary[Symbol.asyncDispose]());

const list = (shell: Shell, root: string) =>
	createStorage({shell, root: path.join(temporary.folder, root)}).list({signal});
/** A file below the store's folder, and its folders. */
async function put(...parts: string[]): Promise<void> {
	const file = path.join(temporary.folder, ...parts);
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, '');
}
const local = () => createLocalShell({nonce: createNonces(), processes});

describe('a storage folder that cannot be entered', () => {
	it.each([
		['nowhere', 'the folder does not exist'],
		['empty', 'it holds no docker/registry/v2'],
		['file', 'file is no folder'],
		['file/below/it', 'file is no folder'],
		['circle', 'symbolic links lead in a circle'],
		['x'.repeat(300), 'the path is longer than its host allows'],
	])('%s: %s', async (root, why) => {
		await expect(list(local(), root)).rejects.toMatchObject({
			code: 'storage.no-root',
			exit: 'configuration',
			message: expect.stringMatching(new RegExp(`is not a registry's storage: .*${why}\\.$`)),
		});
	});

	describe.skipIf(!canBeShutOut)('because a user may not', () => {
		const kinds = locate('busybox') === undefined ? (['gnu'] as const) : (['gnu', 'busybox'] as const);

		it.each(kinds.flatMap(kind => ['closed/store', 'half'].map(root => [kind, root] as const)))(
			'is never called missing, on a host with %s: %s',
			async (kind, root) => {
				const shell = await pretendHost(kind, path.join(temporary.folder, `host-${kind}-${root.slice(0, 4)}`), {
					asOrdinaryUser: true,
				});
				const at = path.join(temporary.folder, root === 'half' ? 'half/docker' : 'closed');
				const denied = {
					code: 'storage.denied',
					exit: 'refused',
					message: expect.stringContaining(` may not enter ${at}.`),
				};
				const storage = createStorage({shell, root: path.join(temporary.folder, root)});

				await expect(storage.list({signal})).rejects.toMatchObject(denied);
				await expect(storage.readBlob(digest, {signal})).rejects.toMatchObject(denied);
				await expect(storage.hash([digest], {signal})).rejects.toMatchObject(denied);
				await expect(storage.lock('nora', {signal})).rejects.toMatchObject(denied);
			},
		);

		it('is said with the name of the user, and so is a folder that is searched for stores', async () => {
			const shell = await pretendHost('gnu', path.join(temporary.folder, 'named'), {asOrdinaryUser: true});
			const base = path.join(temporary.folder, 'closed/store');

			await expect(findStores({shell, base, signal})).rejects.toMatchObject({
				code: 'storage.denied',
				message: expect.stringMatching(/cannot be read: the user \S+ may not enter /),
			});
		});
	});

	it('a broken mount is neither missing nor closed', async () => {
		const ls = `case $* in -d*) echo "ls: cannot access '$2': Stale file handle" >&2; exit 2 ;; esac\nexec ${locate('ls')} "$@"`;
		const shell = await pretendHost('gnu', path.join(temporary.folder, 'stale'), {programs: {ls}});

		await expect(list(shell, 'nowhere')).rejects.toMatchObject({
			code: 'storage.unread',
			exit: 'indeterminate',
			message: expect.stringContaining('cannot be read: Stale file handle.'),
		});
	});
});

describe('the storage of another kind of registry', () => {
	const v2 = 'docker/registry/v2';

	it.each([
		[
			'zot',
			['acme/infra-ci/oci-layout', 'acme/infra-ci/index.json'],
			'',
			/OCI layouts, as zot keeps/,
			/zot scrub CONFIG/,
		],
		['zot, nested', ['a/b/c/oci-layout'], '', /OCI layouts, as zot keeps/, /zot scrub CONFIG/],
		['layout', ['oci-layout', 'index.json', 'blobs/sha256/ab'], '', /OCI layout/, /rootdirectory|zot scrub/],
		['nexus', ['metadata.properties', 'content/vol-01/chap-01/x.bytes'], '', /Nexus Repository/, /Nexus checks/],
		['containerd', ['io.containerd.content.v1.content/blobs/sha256/ab'], '', /content store of containerd/, /ctr -n/],
		['gitlab', [`${v2}/blobs/x`, 'docker/registry/lockfiles/database-in-use'], '', /GitLab/, /regmedic probe/],
		['gitlab below', [`${v2}/blobs/x`, 'docker/registry/lockfiles/database-in-use'], v2, /GitLab/, /regmedic probe/],
		['harbor', [`registry/${v2}/blobs/x`, 'job_logs/x', 'secret/core/key'], 'registry', /Harbor/, /regmedic probe/],
		[
			'harbor below',
			[`registry/${v2}/blobs/x`, 'job_logs/x', 'secret/x'],
			`registry/${v2}`,
			/Harbor/,
			/regmedic probe/,
		],
	])('is named, with what to use instead: %s', async (name, files, root, is, hint) => {
		for (const file of files) {
			await put(`other ${name}`, file);
		}

		await expect(list(local(), path.join(`other ${name}`, root))).rejects.toMatchObject({
			exit: 'configuration',
			message: expect.stringMatching(is),
			hint: expect.stringMatching(hint),
		});
	});

	it('is not seen in GitLab’s registry without a database, nor in a store with empty neighbours', async () => {
		await put('files', v2, 'repositories/acme/_layers/x');
		await put('files/docker/registry/lockfiles/filesystem-in-use');
		await mkdir(path.join(temporary.folder, 'secret'), {recursive: true});

		await expect(list(local(), 'files')).resolves.toMatchObject({complete: true});
	});
});
