import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {openStore} from '../../../../src/drills/images/store.ts';
import {hostKinds, pretendHost} from '../../../support/hosts.ts';
import {locate, temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(60_000);
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	temporary = await temporaryFolder();
});

afterAll(() => temporary[Symbol.asyncDispose]());

it.skipIf(locate('busybox') === undefined).each(hostKinds)(
	'the two commands that list a store pass over no entry and list none twice, whatever lies beside blobs/: %s',
	async kind => {
		const host = kind.replaceAll(' ', '-');
		const {root, push} = openStore(path.join(temporary.folder, `store-${host}`));
		await push('acme/blobs', 'latest', buildImage({seed: 'acme', platforms: ['linux/amd64']}));
		const layout = path.join(root, 'docker/registry/v2');
		for (const folder of ['blobs2/sha256', 'blob/blobs', 'repositories/blobs', 'blobs/blobs', '.blobs']) {
			await mkdir(path.join(layout, folder), {recursive: true});
			await writeFile(path.join(layout, folder, 'file'), '');
		}

		await symlink('blobs', path.join(layout, 'linked'));
		// readdir follows the symbolic link.
		const entries = (await readdir(layout, {recursive: true})).filter(entry => !entry.startsWith('linked/'));
		let told = 0;

		const listing = await createStorage({shell: await pretendHost(kind, path.join(temporary.folder, host)), root}).list(
			{
				signal,
				progress(files) {
					told = files;
				},
			},
		);

		expect(told).toBe(entries.length);
		expect(listing).toMatchObject({complete: false, gaps: ['linked is a symbolic link and was not read'], leftOut: 5});
	},
);

it('blobs/ that is itself a symbolic link is not read, and told as that', async () => {
	const {root} = openStore(path.join(temporary.folder, 'linked'));
	const layout = path.join(root, 'docker/registry/v2');
	await mkdir(path.join(layout, 'repositories'), {recursive: true});
	await mkdir(path.join(temporary.folder, 'elsewhere/sha256'), {recursive: true});
	await symlink(path.join(temporary.folder, 'elsewhere'), path.join(layout, 'blobs'));
	const shell = await pretendHost('gnu', path.join(temporary.folder, 'host'));

	expect(await createStorage({shell, root}).list({signal})).toMatchObject({
		gaps: ['blobs is a symbolic link and was not read'],
		unread: ['blobs'],
	});
});
