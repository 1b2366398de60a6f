import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {type Blob, blobOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';

/** A request that a check of the whole catalogue needs; `path` is what follows /v2/. */
export type Needed = {path: string; kind: 'manifest' | 'blob'; bytes: number};

export type ManyTags = {repositories: number; tags: number; needed: Needed[]};

export type Shape = {
	repositories: number;
	tagsEach: number;
	/** How many tags name one image; 1 where it is absent. */
	tagsOfImage?: number;
};

/**
 * Writes a catalogue straight to the disk: every image is an index over two platforms; a platform has its config,
 * one layer of its own and three base layers that all tags of the repository share.
 */
export function writeManyTags(root: string, {repositories, tagsEach, tagsOfImage = 1}: Shape): ManyTags {
	const store = openStore(root);
	const needed: Needed[] = [];
	const made = new Set<string>();

	function write(file: string, content: string | Buffer): void {
		const folder = path.dirname(file);
		if (!made.has(folder)) {
			mkdirSync(folder, {recursive: true});
		}

		writeFileSync(file, content);
	}

	for (let r = 0; r < repositories; r++) {
		const repository = `acme/team-${r % 10}/service-${r}`;
		const base = [0, 1, 2].map(n => blobOf(`base layer ${n} of ${repository}\n`.repeat(50 + 100 * n)));
		const layer = (blob: Blob) => {
			write(store.blobFile(blob.digest), blob.bytes);
			write(store.layerLink(repository, blob.digest), blob.digest);
			needed.push({path: `${repository}/blobs/${blob.digest}`, kind: 'blob', bytes: blob.bytes.length});
		};
		const manifest = (content: object, name?: string) => {
			const blob = blobOf(JSON.stringify(content));
			write(store.blobFile(blob.digest), blob.bytes);
			write(store.revisionLink(repository, blob.digest), blob.digest);
			needed.push({
				path: `${repository}/manifests/${name ?? blob.digest}`,
				kind: 'manifest',
				bytes: blob.bytes.length,
			});
			return blob;
		};
		base.forEach(layer);

		for (let t = 0; t < tagsEach; t += tagsOfImage) {
			const tag = `1.${t}.0`;
			const children = ['amd64', 'arm64'].map(architecture => {
				const own = blobOf(`${repository}:${tag} ${architecture}\n`.repeat(40));
				const rootfs = {type: 'layers', diff_ids: [...base, own].map(({digest}) => digest)};
				const config = blobOf(JSON.stringify({os: 'linux', architecture, config: {Labels: {repository, tag}}, rootfs}));
				layer(own);
				layer(config);
				const child = manifest({
					schemaVersion: 2,
					mediaType: mediaTypes.ociManifest,
					config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
					layers: [...base, own].map(blob => descriptor(blob, 'application/vnd.oci.image.layer.v1.tar+gzip')),
				});
				return {...descriptor(child, mediaTypes.ociManifest), platform: {os: 'linux', architecture}};
			});
			const {digest} = manifest({schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: children}, tag);
			for (let n = t; n < Math.min(t + tagsOfImage, tagsEach); n++) {
				write(path.join(store.tagFolder(repository, `1.${n}.0`), 'current/link'), digest);
			}
		}
	}

	return {repositories, tags: repositories * tagsEach, needed};
}

function descriptor({digest, bytes}: Blob, mediaType: string) {
	return {mediaType, digest, size: bytes.length};
}
