import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {describeReal} from '../support/real.ts';
import {pullImage, pushImage} from '../support/real-images.ts';
import {openScene, type Scene} from '../support/real-scene.ts';

const run = promisify(execFile);
const image = buildImage({seed: 'by hand', platforms: ['linux/amd64'], attestations: false});
const [child] = image.manifests;
const [, layer, other] = image.blobs;

const programs = ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'git', 'skopeo', 'curl', 'jq'];

/** The commands of a page that stand in blocks, by the id of their section; those of its introduction by `names`. */
async function blocksOf(runbook: string): Promise<Map<string, string[]>> {
	const page = await readFile(path.resolve(import.meta.dirname, `../../runbooks/${runbook}.md`), 'utf8');
	return new Map(
		page.split(/^## /m).map((section, at) => {
			const id = at === 0 ? 'names' : (/\{#(.*?)\}/.exec(section)?.[1] ?? section);
			return [id, [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(match => match[1]!)];
		}),
	);
}

test('the page about a registry has the commands of the page about one image, word for word', async () => {
	const [own, one] = [await blocksOf('registry-damage'), await blocksOf('orphan-index')];

	// One section has another name there.
	const scan = one.get('scan-storage');
	expect(Object.fromEntries([...own].filter(([, blocks]) => blocks.length > 0))).toEqual(
		Object.fromEntries(
			[...one]
				.filter(([, blocks]) => blocks.length > 0)
				.map(([id, blocks]) => [blocks === scan ? 'scope' : id, blocks]),
		),
	);
});

/** The page is a runbook of its own: its commands are typed as they stand. */
describeReal('the runbook followed by hand', programs, () => {
	let scene: Scene;
	let folder: string;
	let blocks: Map<string, string[]>;

	beforeAll(async () => {
		scene = await openScene();
		folder = await mkdtemp(path.join(scene.folder, 'by-hand-'));
		blocks = await blocksOf('registry-damage');
		const {username, password} = scene.credentials;
		await writeFile(path.join(folder, '.netrc'), `machine 127.0.0.1 login ${username} password "${password}"\n`, {
			mode: 0o600,
		});
	});

	afterAll(async () => {
		await rm(folder, {recursive: true, force: true});
		await scene?.[Symbol.asyncDispose]();
	});

	/** The names of the page, and then what is this scene's own. */
	async function type(...commands: string[]): Promise<string> {
		const names = `
			REGISTRY=${scene.registry.host} URL=http://${scene.registry.host} IMAGE=infra-ci TAG=latest
			VM=${scene.sshd.alias} ROOT=${scene.folder}/storage/docker/registry/v2
			ssh() { command ssh -F ${scene.sshd.configFile} "$@"; }`;
		const script = ['set -eo pipefail', ...blocks.get('names')!, names, ...commands].join('\n');
		const {stdout} = await run('bash', ['-c', script], {cwd: folder, env: {PATH: process.env.PATH, HOME: folder}});
		return stdout;
	}

	test('its commands find what is gone, and bring back a layer from elsewhere, one from the disk and a manifest', async () => {
		const [diagnose] = blocks.get('diagnose')!;
		const [look] = blocks.get('scope')!;
		const [mount, upload, put] = blocks.get('relink')!;
		for (const name of ['infra-ci', 'acme/base']) {
			const to = `${scene.registry.host}/${name}:latest`;
			await pushImage({image, to, credentials: scene.credentials, folder: scene.folder});
		}

		for (const [name, blob] of [
			['infra-ci', layer],
			['infra-ci', other],
			['acme/base', other],
		] as const) {
			await scene.store.remove(scene.store.layerLink(name, blob!.digest));
		}

		await rm(scene.store.revisionLink('infra-ci', child!.digest));
		await scene.registry.restart();

		expect(await type(diagnose!)).toBe(`404 ${child!.digest}\n`);
		const said = await type(look!.replace(/^d=.*$/m, `d=${child!.digest}`)).catch(
			error => `${error.stdout}${error.stderr}`,
		);
		expect(said).toMatch(/blobs\/sha256\/.*\/data$/m);
		expect(said).toMatch(/link.*No such file/);

		expect(await type(`b=${layer!.digest}`, mount!)).toBe('201\n');
		expect(await type(`b=${other!.digest}`, upload!)).toContain(': OK');
		await type(`d=${child!.digest}`, put!);

		expect(await type(diagnose!)).toBe(`200 ${child!.digest}\n`);
		await pullImage(`${scene.registry.host}/infra-ci:latest`, scene.credentials, scene.folder);
	});

	test('its commands move an emptied layer aside, and put it back where nothing lies in its place', async () => {
		const [move, back] = blocks.get('move-aside')!;
		const name = 'acme/aside';
		const to = `${scene.registry.host}/${name}:latest`;
		await pushImage({image, to, credentials: scene.credentials, folder: scene.folder});
		const data = scene.store.blobFile(layer!.digest);
		const whole = await readFile(data);
		await writeFile(data, '');

		const said = await type(`b=${layer!.digest}`, move!);
		expect(said.match(/^e3b0c44298fc1c14\S+/gm)).toHaveLength(2);
		await expect(readFile(data)).rejects.toThrow();

		await type(`b=${layer!.digest}`, move!.split('\n').find(line => line.startsWith('ASIDE='))!, back!);
		expect(await readFile(data)).toEqual(Buffer.alloc(0));
		await writeFile(data, whole);
	});

	test('its commands within a line list all images, point a tag at a sibling, and read an image whole', async () => {
		const page = await readFile(path.resolve(import.meta.dirname, '../../runbooks/registry-damage.md'), 'utf8');
		const line = (beginning: string) => {
			const found = [...page.matchAll(/`([^`\n]+)`/g)].map(match => match[1]!).find(each => each.startsWith(beginning));
			expect(found, beginning).toBeDefined();
			return found!;
		};
		const {username, password} = scene.credentials;
		const {host} = scene.registry;
		for (const name of ['listed:v1', 'listed:v2']) {
			await pushImage({image, to: `${host}/${name}`, credentials: scene.credentials, folder: scene.folder});
		}

		const names = ['IMAGE=listed TAG=latest SIBLING=v1'];
		expect(JSON.parse(await type(...names, line('reg -sSf $URL/v2/_catalog'))).repositories).toContain('listed');
		expect(JSON.parse(await type(...names, line('reg -sSf $URL/v2/$IMAGE/tags/list'))).tags.sort()).toEqual([
			'v1',
			'v2',
		]);

		const put = blocks.get('relink')![2]!.trim().split('\n').at(-1)!;
		await type(
			...names,
			line('reg -H "$ACCEPT" $URL/v2/$IMAGE/manifests/$SIBLING'),
			put.replace('manifest.json)', 'sibling.json)').replace('@manifest.json', '@sibling.json').replace('/$d', '/$TAG'),
		);
		const check = line('skopeo copy --all').replace('/tmp/check', `${folder}/check`);
		await type(
			...names,
			`printf %s '${password}' | skopeo login --tls-verify=false --authfile ${folder}/auth.json -u ${username} --password-stdin $REGISTRY`,
			`export REGISTRY_AUTH_FILE=${folder}/auth.json`,
			`${check} --src-tls-verify=false`,
		);
		const copied = JSON.parse(await readFile(path.join(folder, 'check/manifest.json'), 'utf8'));
		expect(copied.manifests[0].digest).toBe(child!.digest);
	});
});
