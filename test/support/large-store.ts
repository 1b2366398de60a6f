import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';

export type LargeStore = {files: number; links: number; blobs: number; manifests: number};

/** Tags of one repository, each an index over one platform with ten layers, most of them shared. */
const tagsOfRepository = 20;
const layersOfRepository = 400;

/** A store of about so many files: many repositories that share most of their layers, as teams' images do. */
export function writeLargeStore(root: string, files: number): LargeStore {
	const base = `${root}/docker/registry/v2`;
	const store: LargeStore = {files: 0, links: 0, blobs: 0, manifests: 0};
	const write = (folder: string, name: string, content: string) => {
		mkdirSync(folder, {recursive: true});
		writeFileSync(`${folder}/${name}`, content);
		store.files++;
	};
	const blob = (content: string) => {
		const hex = createHash('sha256').update(content).digest('hex');
		write(`${base}/blobs/sha256/${hex.slice(0, 2)}/${hex}`, 'data', content);
		store.blobs++;
		return {digest: `sha256:${hex}`, size: content.length, hex};
	};
	const link = (folder: string, {hex, digest}: {hex: string; digest: string}) => {
		write(`${folder}/sha256/${hex}`, 'link', digest);
		store.links++;
	};

	const shared = Array.from({length: files / 40}, (_, n) => blob(`layer ${n}`));
	for (let number = 0; store.files < files; number++) {
		const repository = `${base}/repositories/acme/team-${number % 40}/image-${number}`;
		const from = (number * 97) % (shared.length - layersOfRepository);
		const layers = shared.slice(from, from + layersOfRepository);
		for (const layer of layers) {
			link(`${repository}/_layers`, layer);
		}

		for (let tag = 0; tag < tagsOfRepository; tag++) {
			const config = blob(JSON.stringify({os: 'linux', architecture: 'amd64', image: number, tag}));
			const parts = layers.slice(tag * 10, tag * 10 + 10).map(({digest, size}) => ({digest, size}));
			const child = blob(
				JSON.stringify({schemaVersion: 2, mediaType: manifestType, config: plain(config), layers: parts}),
			);
			const index = blob(
				JSON.stringify({
					schemaVersion: 2,
					mediaType: indexType,
					manifests: [{...plain(child), mediaType: manifestType, platform: {os: 'linux', architecture: 'amd64'}}],
				}),
			);
			store.manifests += 2;
			link(`${repository}/_layers`, config);
			link(`${repository}/_manifests/revisions`, child);
			link(`${repository}/_manifests/revisions`, index);
			link(`${repository}/_manifests/tags/v${tag}/index`, index);
			write(`${repository}/_manifests/tags/v${tag}/current`, 'link', index.digest);
			store.links++;
		}
	}

	return store;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

function plain({digest, size}: {digest: string; size: number}) {
	return {digest, size};
}
