import {execFile} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {unpackPullableStore} from '../support/pullable-store.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const run = promisify(execFile);

/** What clients do not run: they are pulled by tools of their own. */
const artifacts = ['artifact-cosign', 'artifact-helm', 'artifact-oras'];

describeReal(
	'what clients say of images whose digests are all right',
	['docker-registry', 'containerd', 'ctr', 'skopeo', 'tar'],
	() => {
		let login: Login;
		let place: Awaited<ReturnType<typeof temporaryFolder>>;
		let registry: RealRegistry;
		let containerd: Containerd;
		let names: string[];

		beforeAll(async () => {
			place = await temporaryFolder();
			const root = path.join(place.folder, 'root');
			names = await unpackPullableStore(root);
			[login, registry, containerd] = await Promise.all([
				openLogin(),
				startDockerRegistry({root, folder: place.folder}),
				startContainerd(path.join(place.folder, 'containerd')),
			]);
		});

		afterAll(async () => {
			await containerd?.stop();
			await registry?.stop();
			await login?.[Symbol.asyncDispose]();
			await place?.[Symbol.asyncDispose]();
		});

		const referenceTo = (name: string) => `${registry.host}/c/${name}:t`;

		async function verify(depth: string): Promise<ImageCheck[]> {
			const {stdout} = await login.run(['verify', '--json', '--depth', depth, ...names.map(referenceTo)]);
			return JSON.parse(stdout).images;
		}

		async function skopeo(name: string): Promise<boolean> {
			const to = path.join(place.folder, 'copies', name);
			await mkdir(to, {recursive: true});
			const copied = run('skopeo', [
				'copy',
				'--quiet',
				'--all',
				'--src-tls-verify=false',
				`docker://${referenceTo(name)}`,
				`dir:${to}`,
			]);
			return copied.then(
				() => true,
				() => false,
			);
		}

		test('at depth unpack, broken is what containerd cannot pull, and nothing else', async ({skip}) => {
			// Where this machine lets nobody mount, containerd unpacks nothing.
			const control = await containerd.pull(referenceTo('control-plain'));
			skip(control !== undefined, `containerd cannot unpack here: ${control}`);

			const [edge, unpack] = [await verify('edge'), await verify('unpack')];
			const rows: string[][] = [];
			for (const [at, name] of names.entries()) {
				const {verdict, faults, warnings = []} = unpack[at]!;
				const pulled = await containerd.pull(
					referenceTo(name),
					...(name === 'index-only-arm64' ? ['--all-platforms'] : []),
				);
				const copied = await skopeo(name);
				const told = [...new Set([...faults, ...warnings].map(({kind}) => kind))].join(', ');
				rows.push([
					name,
					edge[at]!.verdict,
					verdict,
					told,
					pulled === undefined ? 'pulls' : 'fails',
					copied ? 'copies' : 'fails',
				]);

				if (!artifacts.includes(name)) {
					expect([name, verdict], pulled).toEqual([name, pulled === undefined ? 'intact' : 'broken']);
				}

				const isWarned = warnings.some(({clients}) => clients.includes('skopeo'));
				expect([name, copied || verdict === 'broken' || isWarned]).toEqual([name, true]);
			}

			await expect(`# Images that are stored whole, and what clients make of them

Made by test/real/pullable-clients.test.ts with containerd 1.6 and skopeo 1.9 on a real registry 2.8; with \`-u\` it makes this page anew. Every digest of
these images is right. containerd pulls and unpacks; \`skopeo copy --all\` reads and hashes, and unpacks nothing. The artifacts are no images: other tools
pull them.

| image | verify at edge | at unpack | fault or warning | containerd | skopeo |
| --- | --- | --- | --- | --- | --- |
${rows.map(row => `| ${row.join(' | ')} |`).join('\n')}
`).toMatchFileSnapshot('../../docs/pullable.md');
		}, 300_000);
	},
);
