import type {Store} from '../../src/drills/images/store.ts';
import {everything, type ImagePart} from './image-parts.ts';

/** Pushes as any tool does: blobs, then manifests from the leaves up, then the tags. Rejects with the registry's response. */
export async function pushParts(host: string, repository: string, tags: string[], top: ImagePart): Promise<void> {
	const base = `http://${host}/v2/${repository}`;

	async function must(method: string, url: string, headers: Record<string, string> = {}, body?: Buffer) {
		const answer = await fetch(url, {method, headers, ...(body === undefined ? {} : {body: new Uint8Array(body)})});
		const text = await answer.text();

		if (!answer.ok) {
			throw new Error(`${method} ${url}: ${answer.status} ${text}`);
		}

		return answer;
	}

	async function pushBlob({digest, bytes}: ImagePart) {
		const opened = await must('POST', `${base}/blobs/uploads/`);
		const location = new URL(opened.headers.get('location')!, base);
		location.searchParams.set('digest', digest);
		await must('PUT', location.href, {'content-type': 'application/octet-stream'}, bytes);
	}

	const pushManifest = ({mediaType, bytes}: ImagePart, reference: string) =>
		must('PUT', `${base}/manifests/${reference}`, {'content-type': mediaType}, bytes);

	const parts = everything(top);
	await Promise.all(parts.filter(({role}) => role === 'blob').map(pushBlob));

	for (const part of parts.filter(({role, digest}) => role === 'manifest' && digest !== top.digest)) {
		await pushManifest(part, part.digest);
	}

	for (const tag of tags) {
		await pushManifest(top, tag);
	}
}

/** Writes to the disk what a push would store, for images that the registry rejects. */
export async function writeParts(store: Store, repository: string, tags: string[], top: ImagePart): Promise<void> {
	for (const part of everything(top)) {
		const {role, digest} = part;
		await store.writeBlob(part);
		await store.writeLink((role === 'blob' ? store.layerLink : store.revisionLink)(repository, digest), digest);
	}

	for (const tag of tags) {
		await store.writeTag(repository, tag, top.digest);
	}
}
