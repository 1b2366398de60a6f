import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import manifest from '../../package.json' with {type: 'json'};
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {buildContainer, type Container} from '../support/container.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

describeReal(
	'the container image, built by buildah on a base with Node and nothing else',
	['buildah', 'docker-registry'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let container: Container;
		let store: Store;
		let registry: RealRegistry;

		beforeAll(async () => {
			temporary = await temporaryFolder();
			const {folder} = temporary;
			await mkdir(path.join(folder, 'storage'));
			store = openStore(path.join(folder, 'storage'));
			[container, registry] = await Promise.all([
				buildContainer(folder),
				startDockerRegistry({root: store.root, folder}),
			]);
		});

		afterAll(async () => {
			await registry?.stop();
			await temporary?.[Symbol.asyncDispose]();
		});

		test('it runs without a shell, as somebody who may write nowhere but in /tmp', async () => {
			expect(container.config).toMatchObject({User: '65532:65532', WorkingDir: '/tmp'});
			expect(await container.regmedic(['--version'])).toMatchObject({code: 0, stdout: `${manifest.version}\n`});

			const who = await container.node(`
			const refused = place => { try { fs.writeFileSync(place + '/x', ''); } catch (error) { return error.code; } };
			console.log(process.getuid(), process.getgroups().join(), ['/', '/etc', '/opt/regmedic', '/opt/regmedic/dist'].map(refused).join());
		`);
			expect(who).toBe('65532 65532 EACCES,EACCES,EACCES,EACCES');
		});

		test('it probes a registry and exits with what it found', async () => {
			const image = buildImage({seed: 'container'});
			await store.push('infra-ci', 'latest', image);
			const probe = () => container.regmedic(['probe', registry.host, '--metrics-file', '-']);

			const whole = await probe();
			expect(whole).toMatchObject({code: 0});
			expect(whole.stdout).toMatch(/^registry_manifest_integrity_failures\{.*\} 0$/m);

			await store.remove(store.revisionLink('infra-ci', image.manifests[0]!.digest));
			expect(await probe()).toMatchObject({code: 3});
		});

		test('its runbooks and the SSH client that the bundle leaves outside are there', async () => {
			expect(await container.regmedic(['runbook', 'lint', 'orphan-index'])).toMatchObject({code: 0});
			expect(await container.node("console.log(typeof require('/opt/regmedic/node_modules/ssh2').Client)")).toBe(
				'function',
			);
		});
	},
);
