import {execFile} from 'node:child_process';
import {mkdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {unpackPullableStore} from '../support/pullable-store.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {isWithoutRegistry3, locateCrane} from '../support/registry-program.ts';

const run = promisify(execFile);

/** What clients do not run: they are pulled by tools of their own. */
const artifacts = ['artifact-cosign', 'artifact-helm', 'artifact-oras'];
const onlyArm = 'index-only-arm64';
const page = path.resolve('docs/pullable.md');

describeReal(
	'what clients say of images whose digests are all right',
	['docker-registry', 'containerd', 'ctr', 'skopeo', 'buildah', 'tar'],
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

		/** Whether a client ends well. */
		const succeeds = (program: string, args: string[]) =>
			run(program, args, {timeout: 60_000, env: {...process.env, HOME: place.folder}}).then(
				() => true,
				() => false,
			);

		async function skopeo(name: string): Promise<boolean> {
			const to = path.join(place.folder, 'copies', name);
			await mkdir(to, {recursive: true});
			const from = `docker://${referenceTo(name)}`;
			return succeeds('skopeo', ['copy', '--quiet', '--all', '--src-tls-verify=false', from, `dir:${to}`]);
		}

		/** Into a storage of its own: a layer that another image brought would not be unpacked again. */
		async function buildah(name: string): Promise<boolean> {
			const storage = path.join(place.folder, 'buildah', name);
			const where = ['--root', storage, '--runroot', `${storage}-run`, '--storage-driver', 'vfs'];
			const platform = name === onlyArm ? ['--platform', 'linux/arm64'] : [];
			const pulls = await succeeds('buildah', [
				...where,
				'pull',
				'--quiet',
				'--tls-verify=false',
				...platform,
				`docker://${referenceTo(name)}`,
			]);
			await rm(storage, {recursive: true, force: true});
			return pulls;
		}

		test('at depth unpack, broken is what containerd cannot pull, and nothing else', async ({skip}) => {
			// Where this machine lets nobody mount, containerd unpacks nothing.
			const control = await containerd.pullAlone(referenceTo('control-plain'));
			skip(control !== undefined, `containerd cannot unpack here: ${control}`);

			const [edge, unpack] = [await verify('edge'), await verify('unpack')];
			// Where crane is not built, its column is what it was.
			const crane = locateCrane();
			expect(crane !== undefined || isWithoutRegistry3 || process.env.REGMEDIC_REQUIRE_REAL !== '1', 'crane').toBe(
				true,
			);
			const craned = crane === undefined ? columnOf(await readFile(page, 'utf8'), 'crane validate') : undefined;
			const rows: string[][] = [];
			for (const [at, name] of names.entries()) {
				const {verdict, faults, warnings = []} = unpack[at]!;
				const [pulled, copied, built, validated] = await Promise.all([
					containerd.pullAlone(referenceTo(name), ...(name === onlyArm ? ['--all-platforms'] : [])),
					skopeo(name),
					buildah(name),
					crane && succeeds(crane, ['validate', '--insecure', '--remote', referenceTo(name)]),
				]);
				const told = [...new Set([...faults, ...warnings].map(({kind}) => kind))].join(', ');
				rows.push([
					name,
					edge[at]!.verdict,
					verdict,
					told,
					pulled === undefined ? 'pulls' : 'fails',
					built ? 'pulls' : 'fails',
					copied ? 'copies' : 'fails',
					craned?.get(name) ?? (validated ? 'passes' : 'fails'),
				]);

				if (!artifacts.includes(name)) {
					expect([name, verdict], pulled).toEqual([name, pulled === undefined ? 'intact' : 'broken']);
				}

				const isKnown = (client: string) =>
					verdict === 'broken' || warnings.some(({clients}) => clients.includes(client));
				expect([name, copied || isKnown('skopeo')]).toEqual([name, true]);
				expect([name, built || artifacts.includes(name) || isKnown('buildah')]).toEqual([name, true]);
			}

			await expect(`# Images that are stored whole, and what clients make of them

Made by test/real/pullable-clients.test.ts with containerd 1.6, buildah 1.28, skopeo 1.9 and crane 0.21 on a real registry 2.8; with \`--update=all\` it makes this page
anew. Every digest of these images is right. containerd and \`buildah pull\` fetch and unpack; \`skopeo copy --all\` reads and hashes, and unpacks nothing;
\`crane validate\` unpacks every layer and compares it with the config, and runs nothing. The artifacts are no images: other tools pull them.

| image | verify at edge | at unpack | fault or warning | containerd | buildah | skopeo | crane validate |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map(row => `| ${row.join(' | ')} |`).join('\n')}
`).toMatchFileSnapshot(page);
		}, 300_000);
	},
);

/** The cells of one column of the page, by the image. */
function columnOf(markdown: string, column: string): Map<string, string> {
	const rows = markdown
		.split('\n')
		.filter(line => line.startsWith('|'))
		.map(line => line.split('|').map(cell => cell.trim()));
	const at = rows[0]!.indexOf(column);
	return new Map(rows.map(cells => [cells[1]!, cells[at]!]));
}
