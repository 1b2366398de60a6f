import {execFile} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import type {Credentials} from '../../src/engine/ports/secrets.ts';
import {createWalker} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {openBuildah, pushFromFolder, pushImage} from '../support/real-images.ts';

const run = promisify(execFile);
const {signal} = new AbortController();
const credentials: Credentials = {username: 'nora', password: 'h0rse batt+ery'};

describeReal('what skopeo and buildah push', ['docker-registry', 'htpasswd', 'skopeo', 'buildah'], () => {
	const pushed = [
		['skopeo/oci:latest', {manifests: 5, blobs: 10}],
		['skopeo/dir:latest', {manifests: 5, blobs: 10}],
		['skopeo/single:latest', {manifests: 1, blobs: 3}],
		['buildah/single:latest', {manifests: 1, blobs: 2}],
		['buildah/list:latest', {manifests: 3, blobs: 3}],
	] as const;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let [open, guarded]: RealRegistry[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		const [root, htpasswd] = [path.join(folder, 'root'), path.join(folder, 'htpasswd')];
		await mkdir(root);
		const {stdout} = await run(locate('htpasswd')!, ['-Bbn', '-C', '4', credentials.username, credentials.password]);
		await writeFile(htpasswd, stdout);
		[open, guarded] = await Promise.all([
			startDockerRegistry({root, folder}),
			startDockerRegistry({root, folder, htpasswd}),
		]);
		const image = buildImage({seed: 'pushed'});
		const buildah = await openBuildah(path.join(folder, 'buildah'));
		const [here, there] = [open.host, guarded.host];
		await Promise.all([
			pushImage({image, to: `${there}/skopeo/oci:latest`, credentials, folder}),
			pushImage({image, to: `${there}/skopeo/single:latest`, credentials, folder, only: image.manifests[0]!}),
			pushFromFolder({image, to: `${here}/skopeo/dir:latest`, folder}),
			buildah.buildAndPush({platforms: ['linux/amd64'], to: `${here}/buildah/single:latest`}).then(() =>
				buildah.buildAndPush({
					platforms: ['linux/amd64', 'linux/arm64'],
					to: `${there}/buildah/list:latest`,
					credentials,
				}),
			),
		]);
	});

	afterAll(async () => {
		await Promise.all([open?.stop(), guarded?.stop()]);
		await temporary?.[Symbol.asyncDispose]();
	});

	test.each(pushed)(
		'%s is intact at depth content, every part of it, with a password and without',
		async (name, checked) => {
			for (const [{host}, who] of [
				[open!, undefined],
				[guarded!, credentials],
			] as const) {
				const registry = createRegistry({
					host,
					url: `http://${host}`,
					clock: systemClock,
					credentials: async () => who,
				});

				try {
					const check = await createWalker(registry, {depth: 'content', signal}).walk(
						parseReference(`${host}/${name}`),
					);
					expect(check).toMatchObject({verdict: 'intact', faults: [], unchecked: [], checked});
				} finally {
					await registry.close();
				}
			}
		},
	);
});
