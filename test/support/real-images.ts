import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import type {BuiltImage, ManifestBlob} from '../../src/drills/image.ts';
import type {Credentials} from '../../src/engine/ports.ts';

const run = promisify(execFile);

export type Push = {
	image: BuiltImage;
	/** A whole reference with a tag. */
	to: string;
	credentials: Credentials;
	/** Where the layout is kept. */
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

/** Pulls as a container engine would; rejects with skopeo's words where it cannot. @returns the folder */
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

/** @see OCI image-spec, image-layout.md */
async function writeLayout(folder: string, image: BuiltImage, top: ManifestBlob): Promise<string> {
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
