import {cp, readdir, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** Two images that a relink repairs, and one whose tag can only be pointed to another. */
/** Each runs the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000});

describeReal('a plan that is applied later', ['docker-registry'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	const images: Record<string, BuiltImage> = {};

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(path.join(temporary.folder, 'store'));
		for (const name of ['tools/lint:latest', 'tools/sign:latest', 'shop/web:1.0', 'shop/web:1.1']) {
			const [repository = '', tag = ''] = name.split(':');
			images[name] = buildImage({seed: name});
			await store.push(repository, tag, images[name]);
		}

		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		await configure(login, store.root);
	});

	afterAll(async () => {
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const configure = (of: Login, root: string) =>
		writeFile(
			path.join(of.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage: {root}}}}),
		);
	const linkOf = (name: string) => store.revisionLink(name.split(':')[0]!, images[name]!.manifests[0]!.digest);
	const isLinked = (name: string) =>
		stat(linkOf(name)).then(
			() => true,
			() => false,
		);

	/** As a collection leaves it. */
	beforeEach(async () => {
		for (const name of ['tools/lint:latest', 'tools/sign:latest']) {
			await rm(path.dirname(linkOf(name)), {recursive: true, force: true});
		}
	});

	const digestOfTag = (tag: string) => readFile(path.join(store.tagFolder('shop/web', tag), 'current/link'), 'utf8');
	const write = (name: string, document: object) =>
		writeFile(path.join(login.folder, 'work', name), JSON.stringify(document));

	/** What is damaged is the same before each test, and so is the plan; every test has its own id of it. */
	let made: Plan;
	let plans = 0;
	async function plan(change: (plan: Plan) => void = () => {}) {
		if (made === undefined) {
			const ran = await login.run(['respond', '--registry', 'private', '--plan', 'made.json']);
			expect(ran.exitCode, ran.stderr).toBe(3);
			made = JSON.parse(await readFile(fileOf('made.json'), 'utf8'));
		}

		const file = `plan-${++plans}.json`;
		const document = {...structuredClone(made), id: `2026-04-19-${plans}`};
		change(document);
		await write(file, document);
		return file;
	}

	const fileOf = (file: string) => path.join(login.folder, 'work', file);
	const hashOf = (file: string) => hashOfFile(fileOf(file));
	async function apply(file: string, more: string[] = [], by = login) {
		const ran = await by.run(['respond', '--apply', fileOf(file), ...more]);
		return {...ran, said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' ')};
	}

	const approved = async (file: string, more: string[] = [], by = login) =>
		apply(file, ['--approve', await hashOf(file), '--another', ...more], by);

	it('is carried out once: what it names is whole, its first evidence is the plan, and a second time nothing is done', async () => {
		const file = await plan();

		const first = await approved(file);

		expect(first.exitCode, first.said).toBe(0);
		expect([await isLinked('tools/lint:latest'), await isLinked('tools/sign:latest')]).toEqual([true, true]);
		const [name = ''] = /[\w-]*registry-damage[\w-]*/.exec(first.stdout) ?? [];
		const evidence = path.join(login.state, 'incidents', name, 'evidence');
		const [kept = ''] = (await readdir(evidence)).filter(each => each.includes('plan'));
		expect(await readFile(path.join(evidence, kept))).toEqual(await readFile(fileOf(file)));
		const {id} = JSON.parse(await readFile(fileOf(file), 'utf8')) as Plan;
		expect(await readFile(path.join(store.root, 'regmedic-applied', id), 'utf8')).toContain(name);

		await rm(path.dirname(linkOf('tools/lint:latest')), {recursive: true});
		const second = await approved(file);
		expect(second.exitCode, second.said).toBe(3);
		expect(second.said).toContain('was applied before');
		expect(second.said).toContain('Still damaged: tools/lint@');
		expect(await isLinked('tools/lint:latest')).toBe(false);
	});

	it('is applied by another login of the machine, and then not by whoever made it', async () => {
		await using other = await openLogin();
		await configure(other, store.root);
		const file = await plan();

		const theirs = await approved(file, [], other);
		expect(theirs.exitCode, theirs.said).toBe(0);
		expect(await isLinked('tools/sign:latest')).toBe(true);
		const own = await approved(file);
		expect(own.exitCode, own.said).toBe(0);
		expect(own.said).toContain('was applied before');
	});

	it('exits 3, not 8, where every item failed: what is broken is as broken as it was', async () => {
		const readonly = await startDockerRegistry({root: store.root, folder: temporary.folder, readonly: true});
		try {
			await using login = await openLogin();
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({registries: {private: {url: `http://${readonly.host}`, storage: {root: store.root}}}}),
			);
			const file = await plan(each => Object.assign(each, {registry: readonly.host}));

			const {exitCode, said, stdout} = await approved(file, ['--json'], login);

			expect(JSON.parse(stdout), said).toMatchObject({
				items: [{outcome: 'failed'}, {outcome: 'failed'}],
			});
			expect(exitCode, said).toBe(3);
			expect([await isLinked('tools/lint:latest'), await isLinked('tools/sign:latest')]).toEqual([false, false]);
		} finally {
			await readonly.stop();
		}
	});

	it('leaves alone what is not as it was: an image that moved or was repaired meanwhile', async () => {
		const file = await plan();
		await store.push('tools/sign', 'latest', buildImage({seed: 'pushed by a colleague'}));

		const {exitCode, said, stdout} = await approved(file, ['--json']);

		expect(exitCode, said).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({
			schema: 'regmedic.plan/1',
			images: [
				{repository: 'tools/lint', verdict: 'intact', comparedToOriginal: {same: true}},
				{repository: 'tools/sign', verdict: null},
			],
			items: [
				{outcome: 'done'},
				{outcome: 'changed', say: expect.stringMatching(/^latest has moved since the plan was made/)},
			],
		});
		expect([await isLinked('tools/lint:latest'), await isLinked('tools/sign:latest')]).toEqual([true, false]);
		await store.writeTag('tools/sign', 'latest', images['tools/sign:latest']!.index.digest);
	});

	it('says of an image whose tag was deleted meanwhile that it was, and does not call it whole', async () => {
		const file = await plan();
		const folder = store.tagFolder('tools/sign', 'latest');
		const aside = path.join(temporary.folder, 'deleted-tag');
		await rename(folder, aside);

		const {exitCode, said, stdout} = await approved(file, ['--json']);
		await rename(aside, folder);

		expect(exitCode, said).toBe(0);
		expect(JSON.parse(stdout).items).toMatchObject([
			{outcome: 'done'},
			{outcome: 'changed', say: 'latest was deleted since the plan was made.'},
		]);
		expect(said).toContain('left alone. latest was deleted since the plan was made.');
	});

	it.each<[string, {before: string[]; after: string[]}, string]>([
		['lost one of its tags', {before: ['2026-04', 'latest'], after: ['latest']}, '2026-04 was deleted or moved'],
		['got another tag', {before: ['latest'], after: ['edge', 'latest']}, 'edge names it now, and did not'],
	])('leaves a damaged image alone that %s meanwhile: the complete set is what was approved', async (_, tags, says) => {
		const {digest} = images['tools/sign:latest']!.index;
		const setTags = async (names: string[]) => {
			await rm(path.dirname(store.tagFolder('tools/sign', 'latest')), {recursive: true});
			await Promise.all(names.map(tag => store.writeTag('tools/sign', tag, digest)));
		};
		await setTags(tags.before);
		const file = `tagged-${tags.before.length}.json`;
		const made = await login.run(['respond', '--registry', 'private', '--plan', file]);
		expect(made.exitCode, made.stderr).toBe(3);
		await setTags(tags.after);

		const {exitCode, said, stdout} = await approved(file, ['--json']);
		await setTags(['latest']);

		expect(exitCode, said).toBe(3);
		expect(JSON.parse(stdout).items).toMatchObject([
			{outcome: 'done'},
			{outcome: 'changed', say: expect.stringMatching(`^${says}.* the plan was made\\.$`)},
		]);
		expect(said).toContain(`left alone. ${says}`);
		expect([await isLinked('tools/lint:latest'), await isLinked('tools/sign:latest')]).toEqual([true, false]);
	});

	it('without a terminal wants the hash of the file, and says which', async () => {
		const file = await plan();

		const bare = await apply(file);
		expect(bare.exitCode).toBe(8);
		expect(bare.said).toContain(`--approve ${await hashOf(file)}`);
		const wrong = await apply(file, ['--approve', '0'.repeat(64)]);
		expect(wrong.exitCode).toBe(2);
		expect(await isLinked('tools/lint:latest')).toBe(false);
	});

	it.each<[string, (plan: Plan) => void, number, string]>([
		[
			'has ended',
			each => Object.assign(each, {made: '2026-04-19T03:00:00Z', until: '2026-04-19T04:00:00Z'}),
			2,
			'does not hold any more',
		],
		[
			'was made tomorrow',
			each => Object.assign(each, {made: '2999-04-19T03:00:00Z', until: '2999-04-19T04:00:00Z'}),
			2,
			'not made yet',
		],
		[
			'is of another device',
			each => Object.assign(each.identity, {device: '1:2'}),
			5,
			'of another store: the device is',
		],
		[
			'is of another host',
			each => Object.assign(each.identity, {hostKey: 'SHA256:x'}),
			5,
			'of another store: the host key is',
		],
		[
			'is of a registry that is not configured',
			each => Object.assign(each, {registry: 'elsewhere.example'}),
			2,
			'is not configured here',
		],
		[
			'is of images that are not there',
			each => {
				each.images = each.images.map(image => ({...image, digest: `sha256:${'0'.repeat(64)}` as Digest}));
			},
			5,
			'none of the images',
		],
		[
			'has a change that nobody knows',
			each => Object.assign(each.items[0]!.changes[0]!, {type: 'run', command: 'reboot'}),
			2,
			'is not a plan',
		],
		['has the name of a file elsewhere', each => Object.assign(each, {id: '../../etc/x'}), 2, 'is not a plan'],
	])('is refused whole where it %s, also where that is what was approved', async (_, change, code, says) => {
		const file = await plan(change);

		const {exitCode, said} = await approved(file);

		expect(exitCode, said).toBe(code);
		expect(said).toContain(says);
		expect(await isLinked('tools/lint:latest')).toBe(false);
	});

	it('does nothing to an image whose changes were edited, and says so', async () => {
		const file = await plan(({items}) => {
			Object.assign(items.find(({image}) => image?.startsWith('tools/lint@'))!.changes[0]!, {
				digest: images['tools/sign:latest']!.manifests[0]!.digest,
			});
		});

		const {exitCode, said} = await approved(file);

		expect(exitCode, said).toBe(3);
		expect(said).toContain(
			'tools/lint:latest: left alone. What would have to be changed now is not what was approved.',
		);
		expect([await isLinked('tools/lint:latest'), await isLinked('tools/sign:latest')]).toEqual([false, true]);
	});

	it('is refused where another store stands behind the same address', async () => {
		await using other = await openLogin();
		const copy = path.join(temporary.folder, 'copy');
		await cp(store.root, copy, {recursive: true});
		await configure(other, copy);
		const file = await plan();

		const {exitCode, said} = await approved(file, [], other);

		expect(exitCode, said).toBe(5);
		expect(said).toContain('The plan is of another store');
		expect(await isLinked('tools/lint:latest')).toBe(false);
	});

	it('in a dry run looks up every precondition, changes nothing and may be applied afterwards', async () => {
		const file = await plan();

		const {said} = await apply(file, ['--dry-run']);

		expect(said).toContain('Dry run: would change tools/lint:latest');
		expect(await isLinked('tools/lint:latest')).toBe(false);
		const {exitCode} = await approved(file);
		expect(exitCode).toBe(0);
	});

	it('counts destructive changes itself, and wants their number', async () => {
		const [broken] = images['shop/web:1.1']!.blobs;
		const data = store.blobFile(broken!.digest);
		await rm(path.dirname(data), {recursive: true});
		const {exitCode, stderr} = await login.run([
			...['respond', '--registry', 'private', '--plan', 'web.json', '--remedy', 'tools/*=leave'],
			...['--remedy', 'shop/web=re-point'],
		]);
		expect(exitCode, stderr).toBe(3);
		const file = 'lying.json';
		await write(file, {...JSON.parse(await readFile(fileOf('web.json'), 'utf8')), destructive: 0});

		const none = await approved(file);
		const two = await approved(file, ['--destructive', '2']);
		const one = await approved(file, ['--destructive', '1']);

		expect([none.exitCode, two.exitCode]).toEqual([2, 2]);
		expect(none.said).toContain('1 destructive change');
		// The other two are left.
		expect(one.exitCode, one.said).toBe(3);
		expect(await digestOfTag('1.1')).toBe(images['shop/web:1.0']!.index.digest);
	});

	it('points a tag at the image that was named; of images with equal times one has to be', async () => {
		const older = buildImage({seed: 'shop/web:0.9'});
		const name = 'shop/web:1.2';
		images[name] = buildImage({seed: name});
		await store.push('shop/web', '0.9', older);
		await store.push('shop/web', '1.2', images[name]);
		await rm(path.dirname(store.blobFile(images[name].blobs[0]!.digest)), {recursive: true});
		// As rsync without its times leaves them.
		const restored = new Date('2026-04-01T00:00:00Z');
		for (const tag of ['0.9', '1.0', '1.1']) {
			await utimes(path.join(store.tagFolder('shop/web', tag), 'current/link'), restored, restored);
		}

		const write = (file: string, remedy: string) =>
			login.run([
				...['respond', '--registry', 'private', '--plan', file, '--remedy', 'tools/*=leave'],
				...['--remedy', `shop/web=${remedy}`],
			]);
		const unnamed = await write('unnamed.json', 're-point');
		const named = await write('named.json', 're-point:0.9');
		const ran = await approved('named.json', ['--destructive', '1']);

		expect(unnamed.exitCode).toBe(2);
		expect(unnamed.stderr.replace(/\s+/g, ' ')).toContain('the times do not tell which one is the newest');
		expect(unnamed.stderr).toContain('re-point:0.9');
		expect(named.exitCode, named.stderr).toBe(3);
		// The tools are left.
		expect(ran.exitCode, ran.said).toBe(3);
		expect(await digestOfTag('1.2')).toBe(older.index.digest);
	});
});
