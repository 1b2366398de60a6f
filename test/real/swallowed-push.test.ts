import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {openLogin} from '../support/cli.ts';
import {isPullable, pushLikeDocker} from '../support/http-push.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryProgram, registryVersion} from '../support/registry-program.ts';

/** Deleted, collected, and pushed again to the registry that ran all the while: 201, and nothing is stored. */
describeReal(`a push that registry ${registryVersion} answers from memory`, ['docker-registry'], () => {
	test('is told by its trace: the restart comes first, then the same build works, and never without the restart', async () => {
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const login = await openLogin();
		const store = openStore(path.join(folder, 'store'));
		const image = buildImage({seed: 'swallowed', attestations: false});
		await store.push('acme/app', 'keep', buildImage({seed: 'keep', attestations: false}));
		const registry = await startDockerRegistry({root: store.root, folder});
		onTestFinished(async () => {
			await registry.stop();
			await login[Symbol.asyncDispose]();
			await remove();
		});
		const {host} = registry;
		const push = () => pushLikeDocker(host, 'acme/app', 'v1', image);
		await push();
		expect(await isPullable(host, 'acme/app', 'v1')).toBe(true);
		for (const {digest} of [image.index, ...image.manifests]) {
			expect((await fetch(`http://${host}/v2/acme/app/manifests/${digest}`, {method: 'DELETE'})).status).toBe(202);
		}

		expect(spawnSync(registryProgram(registryVersion)!, ['garbage-collect', registry.config]).status).toBe(0);
		await push();
		expect(await isPullable(host, 'acme/app', 'v1')).toBe(false);
		expect(existsSync(store.revisionLink('acme/app', image.index.digest))).toBe(true);
		expect(existsSync(store.blobFile(image.index.digest))).toBe(false);

		const file = path.join(login.folder, 'work/regmedic.yaml');
		const storage = {root: store.root, restart: 'true'};
		const images = {'acme/app': {registry: 'private', build: {repository: 'acme/app', branch: 'main'}}};
		const woodpecker = {url: 'http://127.0.0.1:1', token: {env: 'NONE'}};
		await writeFile(
			file,
			JSON.stringify({registries: {private: {url: `http://${host}`, storage}}, images, woodpecker}),
		);
		const respond = async () => {
			const args = ['respond', 'orphan-index', '--image', `${host}/acme/app:v1`, '--plain', '--auto'];
			return (await login.run(args, {environment: {NONE: 'x'}})).stdout.replace(/\s+/g, ' ');
		};
		const scan = async () => {
			const {stdout} = await login.run(['scan', '--registry', 'private', '--compare', '--json']);
			return (JSON.parse(stdout).findings as Finding[]).map(({kind, remedy}) => ({kind, remedy}));
		};

		expect(await scan()).toEqual([
			{kind: 'tag-dangling', remedy: 'rebuild'},
			{kind: 'answers-differ', remedy: 'restart'},
		]);
		const said = await respond();
		expect(said).toContain('1. Restart the registry (recommended) Why: Proven: the registry answers from memory');
		expect(said).not.toContain('restores nothing');
		expect(said).toContain('a registry that was not restarted since the loss treats a push of what is gone as known');

		await push();
		expect(await isPullable(host, 'acme/app', 'v1')).toBe(false);
		await registry.restart();
		await push();
		expect(await isPullable(host, 'acme/app', 'v1')).toBe(true);
		expect(await readFile(store.blobFile(image.index.digest))).toEqual(image.index.bytes);
		expect(await scan()).toEqual([]);
	});
});
