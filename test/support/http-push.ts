import {mediaTypes} from '../../src/domain/image/media-type.ts';
import type {Blob, BuiltImage, ManifestBlob} from '../../src/drills/images/image.ts';
import {digestOf} from '../../src/drills/images/image.ts';

const accept = Object.values(mediaTypes).join(', ');

/**
 * Pushes as docker does: a blob for which HEAD says 200 "already exists" and is not sent. Rejects where the registry does.
 * @see moby daemon/containerd or distribution/push_v2.go: the layer is asked for before it is uploaded
 */
export async function pushLikeDocker(host: string, repository: string, tag: string, image: BuiltImage): Promise<void> {
	for (const blob of image.blobs) {
		await pushBlob(host, repository, blob);
	}

	for (const manifest of image.manifests) {
		await pushManifest(host, repository, manifest.digest, manifest);
	}

	await pushManifest(host, repository, tag, image.index);
}

async function pushBlob(host: string, repository: string, {digest, bytes}: Blob): Promise<void> {
	const base = `http://${host}/v2/${repository}/blobs`;
	if ((await fetch(`${base}/${digest}`, {method: 'HEAD'})).status === 200) {
		return;
	}

	const opened = await fetch(`${base}/uploads/`, {method: 'POST'});
	const location = new URL(opened.headers.get('location')!, base);
	location.searchParams.set('digest', digest);
	const headers = {'content-type': 'application/octet-stream'};
	await expectStatus(await fetch(location, {method: 'PUT', headers, body: new Uint8Array(bytes)}), 201);
}

async function pushManifest(host: string, repository: string, reference: string, {mediaType, bytes}: ManifestBlob) {
	const url = `http://${host}/v2/${repository}/manifests/${reference}`;
	const headers = {'content-type': mediaType};
	await expectStatus(await fetch(url, {method: 'PUT', headers, body: new Uint8Array(bytes)}), 201);
}

async function expectStatus(answer: Response, status: number): Promise<void> {
	if (answer.status !== status) {
		throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
	}
}

type Parts = {manifests?: {digest: string}[]; config?: {digest: string}; layers?: {digest: string}[]};

/** Whether every manifest, config and layer arrives, and hashes to its digest: the judge, without the habits of a client. */
export async function isPullable(host: string, repository: string, reference: string): Promise<boolean> {
	const base = `http://${host}/v2/${repository}`;
	const bytes = await bytesOf(`${base}/manifests/${reference}`);
	if (bytes === undefined || (reference.includes(':') && digestOf(bytes) !== reference)) {
		return false;
	}

	const {manifests = [], config, layers = []}: Parts = JSON.parse(String(bytes));
	for (const {digest} of manifests) {
		if (!(await isPullable(host, repository, digest))) {
			return false;
		}
	}

	for (const {digest} of [...(config === undefined ? [] : [config]), ...layers]) {
		const blob = await bytesOf(`${base}/blobs/${digest}`);
		if (blob === undefined || digestOf(blob) !== digest) {
			return false;
		}
	}

	return true;
}

async function bytesOf(url: string): Promise<Buffer | undefined> {
	try {
		const answer = await fetch(url, {headers: {accept}});
		const bytes = Buffer.from(await answer.arrayBuffer());
		return answer.status === 200 ? bytes : undefined;
	} catch {
		// The body was cut off.
		return undefined;
	}
}
