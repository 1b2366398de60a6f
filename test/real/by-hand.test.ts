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

/** The page is a runbook of its own: its commands are typed as they stand. */
describeReal('the runbook followed by hand', programs, () => {
	let scene: Scene;
	let folder: string;
	let blocks: Map<string, string[]>;

	beforeAll(async () => {
		scene = await openScene();
		folder = await mkdtemp(path.join(scene.folder, 'by-hand-'));
		const page = await readFile(path.resolve(import.meta.dirname, '../../runbooks/orphan-index.md'), 'utf8');
		blocks = new Map(
			page.split(/^## /m).map(section => {
				const id = /\{#(.*?)\}/.exec(section)?.[1] ?? 'names';
				return [id, [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(match => match[1]!)];
			}),
		);
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
		const [look] = blocks.get('scan-storage')!;
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
});
