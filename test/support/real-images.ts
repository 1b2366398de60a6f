import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import type {BuiltImage, ManifestBlob} from '../../src/drills/images/image.ts';
import type {Credentials} from '../../src/engine/ports/secrets.ts';

const run = promisify(execFile);

export type Push = {
	image: BuiltImage;
	/** A whole reference with a tag. */
	to: string;
	credentials: Credentials;
	/** The folder of the layout. */
	folder: string;
	/** Only this child, as an image without an index. */
	only?: ManifestBlob;
};

/** Pushes as a person would: with skopeo, from an OCI layout on the disk. The digests stay what they are. */
export async function pushImage({image, to, credentials, folder, only}: Push): Promise<void> {
	const layout = await writeLayout(folder, image, only ?? image.index);
	await run('skopeo', [
		'copy',
		...(only === undefined ? ['--all'] : []),
		'--preserve-digests',
		'--dest-tls-verify=false',
		`--dest-creds=${credentials.username}:${credentials.password}`,
		`oci:${layout}`,
		`docker://${to}`,
	]);
}

/** Pulls as a container engine would; rejects with skopeo's message. @returns the folder */
export async function pullImage(from: string, credentials: Credentials, folder: string): Promise<string> {
	const target = await mkdtemp(path.join(folder, 'pulled-'));
	await run('skopeo', [
		'copy',
		'--all',
		'--src-tls-verify=false',
		`--src-creds=${credentials.username}:${credentials.password}`,
		`docker://${from}`,
		`dir:${target}`,
	]);
	return target;
}

/** Pushes from a `dir:` folder, as a mirror without a network does. Anonymous without credentials. */
export async function pushFromFolder({image, to, credentials, folder}: Omit<Push, 'credentials' | 'only'> & Guest) {
	const layout = await writeLayout(folder, image, image.index);
	const target = await mkdtemp(path.join(folder, 'dir-'));
	const copy = ['copy', '--all', '--preserve-digests'];
	await run('skopeo', [...copy, `oci:${layout}`, `dir:${target}`]);
	await run('skopeo', [
		...copy,
		'--dest-tls-verify=false',
		...login('dest-creds', credentials),
		`dir:${target}`,
		`docker://${to}`,
	]);
}

type Guest = {credentials?: Credentials};

export type Buildah = {
	/** Builds the same small image for each platform: one is an image, several are a list. Pushes it. */
	buildAndPush(options: {platforms: string[]; to: string} & Guest): Promise<void>;
};

/** buildah with a storage of its own in this folder. */
export async function openBuildah(folder: string): Promise<Buildah> {
	const inside = (...parts: string[]) => path.join(folder, ...parts);
	const storage = `[storage]\ndriver = "vfs"\nrunroot = "${inside('run')}"\ngraphroot = "${inside('containers')}"\n`;
	await mkdir(inside('context'), {recursive: true});
	await Promise.all([
		writeFile(inside('storage.conf'), storage),
		writeFile(inside('context/tool'), 'the toolchain\n'),
		writeFile(inside('context/Dockerfile'), 'FROM scratch\nCOPY tool /tool\n'),
	]);
	const env = {
		PATH: process.env.PATH,
		HOME: folder,
		XDG_RUNTIME_DIR: folder,
		STORAGE_DRIVER: 'vfs',
		BUILDAH_ISOLATION: 'chroot',
		CONTAINERS_STORAGE_CONF: inside('storage.conf'),
	};
	let built = 0;

	return {
		async buildAndPush({platforms, to, credentials}) {
			const name = `built-${++built}`;
			const target = ['--tls-verify=false', ...login('creds', credentials), name, `docker://${to}`];
			await run(
				'buildah',
				[
					'build',
					'--platform',
					platforms.join(','),
					platforms.length > 1 ? '--manifest' : '--tag',
					name,
					inside('context'),
				],
				{env},
			);
			await run('buildah', platforms.length > 1 ? ['manifest', 'push', '--all', ...target] : ['push', ...target], {
				env,
			});
		},
	};
}

function login(option: string, credentials: Credentials | undefined): string[] {
	return credentials === undefined ? [] : [`--${option}=${credentials.username}:${credentials.password}`];
}

/** @see OCI image-spec, image-layout.md */
export async function writeLayout(folder: string, image: BuiltImage, top: ManifestBlob): Promise<string> {
	const layout = await mkdtemp(path.join(folder, 'layout-'));
	const blobs = path.join(layout, 'blobs/sha256');
	await mkdir(blobs, {recursive: true});
	await Promise.all(
		[...image.blobs, ...image.manifests, image.index].map(({digest, bytes}) =>
			writeFile(path.join(blobs, digest.slice('sha256:'.length)), bytes),
		),
	);
	const {mediaType, digest, bytes} = top;
	await writeFile(path.join(layout, 'oci-layout'), JSON.stringify({imageLayoutVersion: '1.0.0'}));
	await writeFile(
		path.join(layout, 'index.json'),
		JSON.stringify({schemaVersion: 2, manifests: [{mediaType, digest, size: bytes.length}]}),
	);
	return layout;
}
