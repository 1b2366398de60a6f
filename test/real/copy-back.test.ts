import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {cp, mkdir, mkdtemp, readdir, readFile, truncate, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {createLayoutSource} from '../../src/adapters/sources/layout-source.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Plan, PlanImage} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const run = promisify(execFile);

/** Each starts the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 300_000});

/** One registry that has lost something of each image, and what each kind of source holds of one of them. */
describeReal(
	'a copy-back from real sources',
	['docker-registry', 'sshd', 'ssh', 'skopeo', 'containerd', 'ctr', 'curl'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let store: Store;
		let registry: RealRegistry;
		let mirror: RealRegistry;
		let sshd: RealSshd;
		let node: Containerd;
		let restarts: Server;
		let plan: Plan;
		const images: Record<string, BuiltImage> = {};
		const repositories = [
			'acme/offsite',
			'acme/mirror',
			'acme/shelf',
			'acme/archive',
			'acme/node',
			'acme/both',
			'acme/nowhere',
			'acme/empty',
			'acme/short',
			'acme/rotten',
			'acme/unlinked',
		];
		const nameOf = (repository: string) => `${registry.host}/${repository}:latest`;
		const inside = (name: string) => path.join(temporary.folder, name);

		beforeAll(async () => {
			temporary = await temporaryFolder();
			login = await openLogin();
			store = openStore(inside('store'));
			const second = openStore(inside('mirror'));
			for (const repository of repositories) {
				images[repository] = buildImage({seed: repository});
				await store.push(repository, 'latest', images[repository]);
				if (repository === 'acme/offsite') {
					await cp(store.root, inside('offsite'), {recursive: true});
				}
			}

			for (const repository of ['acme/mirror', 'acme/empty', 'acme/short', 'acme/rotten', 'acme/unlinked']) {
				await second.push(repository, 'latest', images[repository]!);
			}

			registry = await startDockerRegistry({root: store.root, folder: temporary.folder});
			mirror = await startDockerRegistry({root: second.root, folder: temporary.folder});
			await run('skopeo', [
				...['copy', '--all', '--src-tls-verify=false'],
				...[`docker://${nameOf('acme/shelf')}`, `oci:${inside('shelf')}:acme/shelf:latest`],
			]);
			await run('skopeo', [
				...['copy', '--all', '--src-tls-verify=false'],
				...[`docker://${nameOf('acme/archive')}`, `oci-archive:${inside('archive.tar')}:acme/archive:latest`],
			]);
			await run('skopeo', [
				...['copy', '--src-tls-verify=false'],
				...[`docker://${nameOf('acme/archive')}`, `docker-archive:${inside('docker.tar')}:acme/archive:latest`],
			]);
			node = await startContainerd(inside('containerd'));
			await node.fetch(nameOf('acme/node'), 'amd64', 'linux/amd64');
			await node.fetch(nameOf('acme/both'), 'amd64', 'linux/amd64');
			await node.fetch(nameOf('acme/both'), 'arm64', 'linux/arm64');
			sshd = await startSshd({folder: temporary.folder, options: [`SetEnv CONTAINERD_ADDRESS=${node.address}`]});
			await damage();
			restarts = createServer((_, response) => {
				registry.restart().then(
					() => response.end(),
					() => response.writeHead(500).end(),
				);
			}).listen(0, '127.0.0.1');
			await once(restarts, 'listening');
			const {port} = restarts.address() as AddressInfo;
			await registry.restart();

			const ssh = {ssh: sshd.alias, sshConfig: sshd.configFile};
			await writeFile(
				inside('regmedic.yaml'),
				JSON.stringify({
					registries: {
						private: {
							url: `http://${registry.host}`,
							storage: {root: store.root, restart: `curl -fsS http://127.0.0.1:${port}/`},
							sources: ['offsite', 'mirror', 'shelf', 'archive', 'node1', 'node2'],
						},
					},
					sources: {
						offsite: {...ssh, root: inside('offsite')},
						mirror: {url: `http://${mirror.host}`},
						shelf: {path: inside('shelf')},
						archive: {path: inside('archive.tar')},
						node1: {...ssh, containerd: 'amd64'},
						node2: {...ssh, containerd: 'arm64'},
					},
				}),
			);
			const made = await respond('--registry', 'private', '--plan', 'plan.json');
			expect(made.exitCode, made.stderr).toBe(3);
			plan = JSON.parse(await readFile(path.join(login.folder, 'work/plan.json'), 'utf8'));
		});

		afterAll(async () => {
			restarts?.close();
			await Promise.all([registry?.stop(), mirror?.stop(), node?.stop(), sshd?.stop()]);
			await login?.[Symbol.asyncDispose]();
			await temporary?.[Symbol.asyncDispose]();
		});

		const respond = (...args: string[]) => login.run(['respond', '--config', inside('regmedic.yaml'), ...args]);

		/** What a collection, a lost disk or a crash leaves. */
		async function damage() {
			const sweep = async (repository: string, at: number) => {
				const child = images[repository]!.manifests[at]!;
				await store.remove(path.dirname(store.revisionLink(repository, child.digest)));
				const {config, layers} = JSON.parse(child.bytes.toString());
				for (const {digest} of [config, ...layers]) {
					await store.remove(path.dirname(store.blobFile(digest)));
				}
			};
			const lose = async (repository: string, at: number) => {
				await sweep(repository, at);
				await store.remove(path.dirname(store.blobFile(images[repository]!.manifests[at]!.digest)));
			};

			await sweep('acme/mirror', 0);
			await sweep('acme/mirror', 2);
			// The whole image but its tag.
			for (const at of images['acme/offsite']!.manifests.keys()) {
				await lose('acme/offsite', at);
			}

			const {index} = images['acme/offsite']!;
			await store.remove(path.dirname(store.blobFile(index.digest)));
			await store.remove(path.dirname(store.revisionLink('acme/offsite', index.digest)));
			await lose('acme/shelf', 0);
			await lose('acme/archive', 0);
			await sweep('acme/node', 0);
			await sweep('acme/both', 0);
			await sweep('acme/both', 2);
			await sweep('acme/nowhere', 0);
			await sweep('acme/unlinked', 0);
			const shared = sharedLayer();
			await store.remove(path.dirname(store.layerLink('acme/unlinked', shared)));
			await mkdir(path.dirname(store.layerLink('acme/nowhere', shared)), {recursive: true});
			await writeFile(store.layerLink('acme/nowhere', shared), shared);
			await writeFile(store.blobFile(images['acme/empty']!.blobs[1]!.digest), '');
			await truncate(store.blobFile(images['acme/short']!.blobs[2]!.digest), 20);
		}

		/** On the disk, and linked only in another repository. */
		function sharedLayer(): Digest {
			const {layers} = JSON.parse(images['acme/unlinked']!.manifests[2]!.bytes.toString());
			return layers[0].digest;
		}

		const imageOf = (repository: string): PlanImage => plan.images.find(each => each.repository === repository)!;
		const copyBackOf = (repository: string) => imageOf(repository).remedies.find(({remedy}) => remedy === 'copy-back')!;

		it('is recommended for what the sources hold together, and says which of them holds how much', () => {
			expect(plan.images.map(({repository, recommended}) => [repository, recommended]).sort()).toEqual([
				['acme/archive', 'copy-back'],
				['acme/both', 'copy-back'],
				['acme/empty', 'copy-back'],
				['acme/mirror', 'copy-back'],
				['acme/node', 'copy-back'],
				['acme/nowhere', 'leave'],
				['acme/offsite', 'copy-back'],
				['acme/shelf', 'copy-back'],
				['acme/short', 'copy-back'],
				['acme/unlinked', 'copy-back'],
			]);
			expect(copyBackOf('acme/mirror').why).toContain('mirror holds all 6 missing parts.');
			expect(copyBackOf('acme/offsite').why).toContain('offsite holds all 15 missing parts.');
			expect(copyBackOf('acme/shelf').why).toContain('shelf holds all 4 missing parts.');
			expect(copyBackOf('acme/archive').why).toContain('archive holds all 4 missing parts.');
			expect(copyBackOf('acme/node').why).toContain('node1 holds all 3 missing parts.');
			expect(copyBackOf('acme/both').why).toContain('node1 holds 3 of 6 missing parts, node2 3.');
			expect(copyBackOf('acme/short').why).toContain('mirror holds the missing part.');
			// The bad data of two, which moves aside before.
			expect(plan.destructive).toBe(2);
		});

		it('refuses a docker archive without index.json, whose layers are unpacked', async () => {
			const source = createLayoutSource({name: 'saved', place: inside('docker.tar')});
			await expect(source.check(new AbortController())).rejects.toThrow(/it is a docker archive without index\.json/);
			await source.close();
		});

		it('mounts what the disk still has from another repository that links it', () => {
			const item = plan.items.find(({image, remedy}) => remedy === 'copy-back' && image?.startsWith('acme/unlinked@'));
			const [mount, ...more] = item!.changes.filter(({type}) => type === 'mount-blob');
			expect(mount).toMatchObject({repository: 'acme/unlinked', digest: sharedLayer(), from: 'acme/nowhere'});
			expect(more).toEqual([]);
		});

		it('says what no source holds', () => {
			expect(copyBackOf('acme/nowhere')).toMatchObject({possible: false});
			expect(copyBackOf('acme/nowhere').why).toMatch(
				/^No source holds the config sha256:\w{12}, the layer sha256:\w{12} and 1 part more\./,
			);
		});

		it('brings every image back under the same digests, whichever source it came from', async () => {
			const {exitCode, said} = await apply('plan.json', '--destructive', '2');

			// The one that is left is still damaged.
			expect(exitCode, said).toBe(3);
			for (const repository of repositories.filter(name => name !== 'acme/nowhere')) {
				expect(await pulled(repository), `${repository}\n${said}`).toEqual(digestsOf(images[repository]!));
			}
		});

		it('replaces corrupt data of the right size, which only reading every byte shows', async () => {
			const {digest, bytes} = images['acme/rotten']!.blobs[1]!;
			await writeFile(store.blobFile(digest), Buffer.alloc(bytes.length, 7));
			const made = await respond('--image', nameOf('acme/rotten'), '--plan', 'rotten.json');
			expect(made.stdout, made.stderr).toMatch(/acme\/rotten/);

			const {exitCode, said} = await apply('rotten.json', '--destructive', '1');

			expect(exitCode, said).toBe(3);
			expect(await pulled('acme/rotten'), said).toEqual(digestsOf(images['acme/rotten']!));
		});

		async function apply(name: string, ...more: string[]) {
			const file = path.join(login.folder, 'work', name);
			const hash = await hashOfFile(file);
			const {exitCode, stdout, stderr} = await respond('--apply', file, '--approve', hash, '--another', ...more);
			return {exitCode, said: `${stdout}\n${stderr}`};
		}

		/** The names of the files that a pull of all platforms leaves. */
		async function pulled(repository: string): Promise<string[]> {
			const folder = await mkdtemp(inside('pulled-'));
			await run('skopeo', [
				...['copy', '--all', '--preserve-digests', '--src-tls-verify=false'],
				...[`docker://${nameOf(repository)}`, `dir:${folder}`],
			]);
			const contents = await Promise.all(
				(await readdir(folder)).map(async name => await hashOfFile(path.join(folder, name))),
			);
			return contents.map(hex => `sha256:${hex}`).sort();
		}

		function digestsOf({index, manifests, blobs}: BuiltImage): string[] {
			return [index, ...manifests, ...blobs]
				.map(({digest}) => digest)
				.concat([versionFile])
				.sort();
		}
	},
);

/** `dir:` keeps its version in a file. */
const versionFile =
	`sha256:${createHash('sha256').update('Directory Transport Version: 1.1\n').digest('hex')}` as never;
