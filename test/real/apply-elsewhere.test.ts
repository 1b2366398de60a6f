import {execFile} from 'node:child_process';
import {mkdir, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Elsewhere, elsewhereNeeds, openElsewhere, tunnelled} from '../support/elsewhere.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, freePort, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

/** Each runs the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 300_000});

/**
 * A plan that one person made and another applies, on another machine: another network and host name, another Unix user here and on the
 * storage's host, another alias, path and tunnel.
 */
describeReal('a plan that is applied elsewhere', ['docker-registry', 'sshd', 'ssh', ...elsewhereNeeds], () => {
	let maker: Login;
	let elsewhere: Elsewhere;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;
	let store: Store;
	let registry: RealRegistry;
	let tunnelPort: number;
	const names = ['tools/lint:latest', 'shop/web:1.0', 'shop/web:1.1', 'shop/old:1.0', 'shop/old:1.1'];
	const images: Record<string, BuiltImage> = {};
	const inside = (name: string) => path.join(temporary.folder, name);

	beforeAll(async () => {
		temporary = await temporaryFolder();
		[maker, sshd] = await Promise.all([openLogin(), startSshd({folder: temporary.folder, options: [tunnelled]})]);
		elsewhere = await openElsewhere({folder: temporary.folder, sshd});
		tunnelPort = await freePort();
		store = openStore(inside('store'));
		await symlink(store.root, inside('another-path'));
		for (const name of names) {
			const [repository = '', tag = ''] = name.split(':');
			images[name] = buildImage({seed: name, layers: 1, attestations: false});
			await store.push(repository, tag, images[name]);
		}

		registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
		await writeFile(
			path.join(maker.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage: storageOfMaker()}}}),
		);
		await configureElsewhere({});
	});

	afterAll(async () => {
		await Promise.all([registry?.stop(), sshd?.stop()]);
		await elsewhere?.[Symbol.asyncDispose]();
		await maker?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	/** `tools/lint` can be relinked; of two images the data is gone: one is pointed to another, one removed. */
	beforeEach(async () => {
		await repair(...names);
		await rm(path.dirname(store.revisionLink('tools/lint', images['tools/lint:latest']!.manifests[0]!.digest)), {
			recursive: true,
		});
		for (const name of ['shop/web:1.1', 'shop/old:1.1']) {
			await rm(lost(name), {recursive: true});
		}

		await registry.restart();
	});

	const storageOfMaker = () => ({ssh: sshd.alias, sshConfig: sshd.configFile, root: store.root});
	const configureElsewhere = (storage: object | undefined) =>
		writeFile(
			path.join(elsewhere.login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {
					production: {
						url: `http://127.0.0.1:${tunnelPort}`,
						...(storage && {storage: {...elsewhere.ssh, root: inside('another-path'), ...storage}}),
					},
				},
			}),
		);
	const lost = (name: string) => path.dirname(store.blobFile(images[name]!.blobs[0]!.digest));
	const repair = async (...some: string[]) => {
		for (const name of some) {
			const [repository = '', tag = ''] = name.split(':');
			await store.push(repository, tag, images[name]!);
		}
	};
	const tagged = (repository: string, tag: string) =>
		readFile(path.join(store.tagFolder(repository, tag), 'current/link'), 'utf8').catch(() => undefined);
	const isRelinked = () =>
		readFile(store.revisionLink('tools/lint', images['tools/lint:latest']!.manifests[0]!.digest)).then(
			() => true,
			() => false,
		);
	const digestOf = (name: string) => images[name]!.index.digest;

	let plans = 0;
	async function make(...more: string[]): Promise<string> {
		const name = `plan-${++plans}.json`;
		const choices = ['--remedy', 'shop/web=re-point', '--remedy', 'shop/old=remove'];
		const ran = await maker.run(['respond', '--registry', 'private', '--plan', name, ...choices, ...more]);
		expect(ran.exitCode, ran.stderr).toBe(3);
		return path.join(maker.folder, 'work', name);
	}

	const approvalOf = async (file: string) => {
		const {destructive} = JSON.parse(await readFile(file, 'utf8')) as Plan;
		return ['--approve', await hashOfFile(file), ...(destructive > 0 ? ['--destructive', String(destructive)] : [])];
	};
	const said = <Ended extends {stdout: string; stderr: string}>(ran: Ended) => ({
		...ran,
		said: `${ran.stdout}\n${ran.stderr}`.replace(/\s+/g, ' '),
	});
	async function applyThere(file: string, {approval, to = registry.host}: {approval?: string[]; to?: string} = {}) {
		const given = await elsewhere.give(file);
		const words = ['--registry', 'production', ...(approval ?? (await approvalOf(file))), '--another', '--json'];
		const tunnel = {from: tunnelPort, to: Number(to.split(':')[1])};
		const ran = said(await elsewhere.run(['respond', '--apply', given, ...words], tunnel));
		const document = ran.stdout.startsWith('{') ? JSON.parse(ran.stdout) : {items: []};
		const outcomes = Object.fromEntries(
			document.items.map(({image, outcome, say}: {image: string; outcome: string; say: string}) => [
				image.split('@')[0],
				`${outcome}: ${say}`,
			]),
		) as Record<string, string>;
		return {...ran, outcomes};
	}

	const applyHere = async (file: string) =>
		said(await maker.run(['respond', '--apply', file, ...(await approvalOf(file)), '--another']));

	it('says what root has to do once where nobody else could be told, and is carried out then; a second time by its maker, nothing is done', async () => {
		const file = await make();

		const untold = await applyThere(file);
		expect(untold.exitCode, untold.said).toBe(5);
		expect(untold.said).toContain(`mkdir -m 1777 ${inside('another-path')}/regmedic-applied`);
		expect(await isRelinked()).toBe(false);
		expect(await readdir(elsewhere.login.state).catch(() => [])).not.toContain('incidents');

		// What it says, done.
		await promisify(execFile)('mkdir', ['-m', '1777', path.join(store.root, 'regmedic-applied')]);
		const applied = await applyThere(file);
		expect(applied.exitCode, applied.said).toBe(0);
		expect(applied.outcomes).toMatchObject({
			'tools/lint': expect.stringMatching(/^done/),
			'shop/web': expect.stringMatching(/^done/),
			'shop/old': expect.stringMatching(/^done/),
		});
		expect(await isRelinked()).toBe(true);
		expect(await tagged('shop/web', '1.1')).toBe(digestOf('shop/web:1.0'));
		expect(await tagged('shop/old', '1.1')).toBeUndefined();

		await store.writeTag('shop/web', '1.1', digestOf('shop/web:1.1'));
		const second = await applyHere(file);
		expect(second.exitCode, second.said).toBe(3);
		expect(second.said).toMatch(/was applied before \(nobody on elsewhere, /);
		expect(await tagged('shop/web', '1.1')).toBe(digestOf('shop/web:1.1'));
	});

	it('leaves alone a tag that was pushed in between and what a colleague has repaired, and says so; the rest is done', async () => {
		const file = await make();
		const colleague = buildImage({seed: 'a colleague', layers: 1, attestations: false});
		await store.push('shop/web', '1.1', colleague);
		await store.writeTag('shop/web', 'kept', digestOf('shop/web:1.1'));
		// By the same digest.
		await repair('shop/old:1.1');

		const applied = await applyThere(file);

		expect(applied.exitCode, applied.said).toBe(3);
		expect(applied.outcomes).toMatchObject({
			'tools/lint': expect.stringMatching(/^done/),
			'shop/web': expect.stringMatching(
				/^changed: 1\.1 was deleted or moved since the plan was made\. kept names it now, and did not when the plan was made\./,
			),
			'shop/old': expect.stringMatching(/^already-whole/),
		});
		expect(applied.said).toContain('shop/web:kept: left alone.');
		expect(await tagged('shop/web', '1.1')).toBe(colleague.index.digest);
		expect(await tagged('shop/old', '1.1')).toBe(digestOf('shop/old:1.1'));
		await rm(store.tagFolder('shop/web', 'kept'), {recursive: true});
	});

	it('is refused whole where the alias leads to another store, or to another host, behind the same address', async () => {
		const file = await make();
		const other = openStore(inside('other'));
		await other.push('tools/lint', 'latest', images['tools/lint:latest']!);
		await configureElsewhere({root: other.root});
		const otherStore = await applyThere(file).finally(() => configureElsewhere({}));

		await mkdir(inside('second'));
		const second = await startSshd({folder: inside('second'), options: [tunnelled]});
		const config = path.join(maker.folder, 'work/second.yaml');
		const storage = {ssh: second.alias, sshConfig: second.configFile, root: store.root};
		await writeFile(config, JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}));
		const otherHost = await maker
			.run(['respond', '--config', config, '--apply', file, ...(await approvalOf(file)), '--another'])
			.then(said)
			.finally(() => second.stop());

		expect([otherStore.exitCode, otherHost.exitCode]).toEqual([5, 5]);
		expect(otherStore.said).toContain('The plan is of another store: the path is');
		expect(otherHost.said).toContain('The plan is of another store: the host key is SHA256:');
		expect(otherHost.said).toContain('ssh-keyscan');
		expect(await isRelinked()).toBe(false);
	});

	it('is refused where somebody edited it after the approval, or where its hour is over', async () => {
		const file = await make();
		const approval = await approvalOf(file);
		const plan = JSON.parse(await readFile(file, 'utf8')) as Plan;
		const edited = `${file}.edited`;
		await writeFile(edited, JSON.stringify({...plan, items: plan.items.filter(({remedy}) => remedy !== 'relink')}));
		const old = `${file}.old`;
		const [made, until] = [90, 30].map(minutes => new Date(Date.now() - minutes * 60_000).toISOString());
		await writeFile(old, JSON.stringify({...plan, made, until}));

		const other = await applyThere(edited, {approval});
		const expired = await applyThere(old);

		expect([other.exitCode, expired.exitCode]).toEqual([2, 2]);
		expect(other.said).toContain('is not the plan that was approved');
		expect(expired.said).toContain('does not hold any more');
		expect(await isRelinked()).toBe(false);
		expect(await tagged('shop/old', '1.1')).toBe(digestOf('shop/old:1.1'));
	});

	it('without SSH is applied only on the machine that made it, by whoever it is, and once', async () => {
		const config = path.join(maker.folder, 'work/http.yaml');
		await writeFile(config, JSON.stringify({registries: {private: {url: `http://${registry.host}`}}}));
		const ran = await maker.run([
			...['respond', '--config', config, '--registry', 'private', '--plan', 'http.json'],
			...['--remedy', 'shop/old=remove', '--remedy', 'tools/*=leave', '--remedy', 'shop/web=leave'],
		]);
		expect(ran.exitCode, ran.stderr).toBe(3);
		const file = path.join(maker.folder, 'work/http.json');
		await configureElsewhere(undefined);

		const there = await applyThere(file).finally(() => configureElsewhere({}));
		expect(there.exitCode, there.said).toBe(5);
		expect(there.said).toContain('Without its storage, a plan is applied only where it was made.');
		expect(await tagged('shop/old', '1.1')).toBe(digestOf('shop/old:1.1'));

		const apply = async () =>
			said(await maker.run(['respond', '--config', config, '--apply', file, ...(await approvalOf(file)), '--another']));
		const here = await apply();
		expect(await tagged('shop/old', '1.1'), here.said).toBeUndefined();
		await store.push('shop/old', '1.1', images['shop/old:1.1']!);
		await rm(lost('shop/old:1.1'), {recursive: true});
		await registry.restart();
		const again = await apply();
		expect(again.said).toContain('was applied before');
		expect(await tagged('shop/old', '1.1')).toBe(digestOf('shop/old:1.1'));
	});
});
