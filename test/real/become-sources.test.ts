import {chmod, cp, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type NobodyLogin, nobodyLogin} from '../support/as-nobody.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

/** Each starts the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});

const root = 'nobody ALL=(root) NOPASSWD: /bin/sh';

describeReal(
	'sources that only root may read, for a login that is not root',
	['sshd', 'ssh', 'docker-registry', 'sudo', 'unshare', 'setpriv', 'containerd', 'ctr'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let registry: RealRegistry;
		let node: Containerd;
		let user: NobodyLogin;
		let store: Store;
		const images: Record<string, BuiltImage> = {};
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
		const said = (text: string) => text.replaceAll(/\s+/g, ' ');

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			await mkdir(inside('closed'), {mode: 0o700});
			store = openStore(inside('store'));
			for (const name of ['acme/copied', 'acme/fetched']) {
				images[name] = buildImage({seed: name});
				await store.push(name, 'latest', images[name]);
			}

			await cp(store.root, inside('closed/copy'), {recursive: true});
			[registry, node] = await Promise.all([
				startDockerRegistry({root: store.root, folder: temporary.folder}),
				startContainerd(inside('containerd')),
			]);
			await node.fetch(`${registry.host}/acme/fetched:latest`, 'k8s.io', 'linux/amd64');
			user = await nobodyLogin(temporary.folder, {CONTAINERD_ADDRESS: node.address});
			await user.allow(root);
			[login, sshd] = await Promise.all([openLogin(), startSshd({folder: temporary.folder, options: user.options})]);
		});

		beforeEach(() => user.allow(root));

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), registry?.stop(), node?.stop()]);
			await temporary?.[Symbol.asyncDispose]();
		});

		async function configure(become?: 'sudo'): Promise<void> {
			const ssh = {ssh: sshd.alias, sshConfig: sshd.configFile, ...(become && {become})};
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({
					registries: {
						private: {url: `http://${registry.host}`, storage: {root: store.root}, sources: ['copy', 'node']},
					},
					sources: {copy: {...ssh, root: inside('closed/copy')}, node: {...ssh, containerd: 'k8s.io'}},
				}),
			);
		}

		async function lines(): Promise<Record<string, {ok: boolean; say: string; hint?: string}>> {
			const {checks} = JSON.parse((await login.run(['check', '--json'])).stdout);
			return Object.fromEntries(checks.map((each: {what: string}) => [each.what, each]));
		}

		it('check: closed without sudo, with what helps; open with it', async () => {
			await configure();
			expect(await lines()).toMatchObject({
				'source copy': {
					ok: false,
					say: expect.stringContaining('may not enter'),
					hint: expect.stringContaining('become: sudo'),
				},
				'source node': {
					ok: false,
					say: expect.stringContaining('cannot be read'),
					hint: expect.stringContaining('become: sudo'),
				},
			});

			await configure('sudo');
			expect(await lines()).toMatchObject({
				'source copy': {ok: true, say: expect.stringContaining('is a registry’s storage and can be read')},
				'source node': {ok: true, say: expect.stringMatching(/responds; it holds \d+ parts of images/)},
			});
		});

		it('a sudo that wants a password is said for each, with its line of the sudoers', async () => {
			await configure('sudo');
			await user.allow('nobody ALL=(root) /bin/sh');

			const found = await lines();

			for (const source of ['source copy', 'source node']) {
				expect(found[source]).toMatchObject({
					ok: false,
					say: expect.stringContaining('sudo wants a password, and regmedic never types one'),
				});
				expect(said(found[source]?.hint ?? '')).toContain('ALL=(root) NOPASSWD: /bin/sh');
			}
		});

		describe('what the registry has lost', () => {
			it('comes back from both by sudo: the same digests are whole again', async () => {
				await configure('sudo');
				for (const {manifests} of Object.values(images)) {
					await rm(path.dirname(store.blobFile(manifests[0]!.digest)), {recursive: true, force: true});
				}

				// It has served one of them to the node, and would answer for it from memory.
				await registry.restart();
				const file = path.join(login.folder, 'work/plan.json');
				const planned = await login.run(['respond', '--registry', 'private', '--plan', file]);
				const approval = await hashOfFile(file);
				const applied = await login.run(['respond', '--apply', file, '--approve', approval]);

				expect([planned.exitCode, planned.stderr], planned.stdout).toEqual([3, '']);
				expect(JSON.parse(await readFile(file, 'utf8')).items.map(({remedy}: {remedy: string}) => remedy)).toContain(
					'copy-back',
				);
				expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
			});
		});
	},
);
