import {open, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {type BuiltImage, blobOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const mebibyte = 1024 * 1024;

describeReal('a layer that is hashed where it lies', ['docker-registry', 'ssh', 'sshd'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;
	let registry: RealRegistry;
	let login: Login;
	let layerFile: string;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const root = path.join(temporary.folder, 'data');
		const store = openStore(root);
		const image = largeImage();
		await store.push('acme/app', 'latest', image);
		layerFile = store.blobFile(image.blobs.find(({bytes}) => bytes.length > mebibyte)!.digest);
		[sshd, registry, login] = await Promise.all([
			startSshd({folder: temporary.folder}),
			startDockerRegistry({root, folder: temporary.folder}),
			openLogin(),
		]);
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			`registries:\n  private:\n    url: http://${registry.host}\n    storage: {ssh: vm, root: ${root}, sshConfig: ${sshd.configFile}}\n`,
		);
	});

	afterAll(async () => {
		await Promise.all([sshd.stop(), registry.stop()]);
		await login[Symbol.asyncDispose]();
		await temporary[Symbol.asyncDispose]();
	});

	const verify = async (...more: string[]) => {
		const ran = await login.run(['verify', `${registry.host}/acme/app:latest`, '--json', ...more]);
		return {
			code: ran.exitCode,
			stderr: ran.stderr,
			image: ran.stdout === '' ? undefined : JSON.parse(ran.stdout).images[0],
		};
	};

	it('is intact or corrupt by what the disk holds, and was not downloaded', async () => {
		const deep = ['--depth', 'content', '--hash-on-host', '1'];

		const whole = await verify(...deep);
		await flip(layerFile);
		const edge = await verify();
		const flipped = await verify(...deep);
		const downloaded = await verify('--depth', 'content');

		expect(whole).toMatchObject({code: 0, image: {verdict: 'intact'}});
		expect(edge).toMatchObject({code: 0, image: {verdict: 'intact'}});
		expect(flipped).toMatchObject({code: 3, image: {verdict: 'broken', faults: [{kind: 'blob-corrupt'}]}});
		expect(flipped.image.faults[0].detail).toContain('vm:');
		expect(downloaded).toMatchObject({code: 3, image: {faults: [{kind: 'blob-corrupt'}]}});
		expect(downloaded.image.faults[0].detail).not.toContain('vm:');
	});

	it('is asked for with the depth that needs it, of a registry whose storage is known', async () => {
		expect(await verify('--hash-on-host', '1')).toMatchObject({
			code: 2,
			stderr: expect.stringContaining('At depth edge no blob is hashed.'),
		});
		expect(await verify('--depth', 'unpack', '--hash-on-host', '1')).toMatchObject({
			code: 2,
			stderr: expect.stringContaining('At depth unpack every layer is read over HTTP'),
		});
		expect(
			await login.run(['verify', '127.0.0.1:1/acme/app:latest', '--depth', 'content', '--hash-on-host', '1']),
		).toMatchObject({exitCode: 4});
	});
});

async function flip(file: string): Promise<void> {
	await using handle = await open(file, 'r+');
	await handle.write(Buffer.from('!'), 0, 1, 1000);
}

function largeImage(): BuiltImage {
	const layer = blobOf(Buffer.alloc(2 * mebibyte, 'layer '));
	const config = blobOf(
		JSON.stringify({os: 'linux', architecture: 'amd64', rootfs: {type: 'layers', diff_ids: [layer.digest]}}),
	);
	const part = ({digest, bytes}: typeof layer, mediaType: string) => ({mediaType, digest, size: bytes.length});
	const index = blobOf(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			config: part(config, 'application/vnd.oci.image.config.v1+json'),
			layers: [part(layer, 'application/vnd.oci.image.layer.v1.tar')],
		}),
	);
	return {index: {...index, mediaType: mediaTypes.ociManifest}, manifests: [], blobs: [config, layer]};
}
