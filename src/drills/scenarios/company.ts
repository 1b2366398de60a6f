import {type BuiltImage, buildImage} from '../image.ts';
import type {Store} from '../store.ts';
import type {Company, Pushed} from './scenario.ts';

export const brokenRepository = 'infra-ci';
export const brokenTag = 'latest';

/** Images of one platform, tagged directly: no garbage collection harms them. */
const plainImages: Record<string, string[]> = {
	'base/debian': ['12-slim', '13-slim'],
	'base/node': ['22', '24'],
	'web/shop': ['1.41.0', '1.41.1', '1.42.0'],
	'web/api': ['7.3.0', '7.4.0'],
	'tools/terraform-runner': ['1.9', '1.10'],
	'data/etl': ['2026-03-30', '2026-04-13'],
};

/** Fills an empty registry with what a small company keeps in it. */
export async function foundCompany(store: Store, seed: string): Promise<Company> {
	await Promise.all(
		Object.entries(plainImages).flatMap(([repository, tags]) =>
			tags.map(tag => pushPlain(store, repository, tag, `${seed} ${repository}:${tag}`)),
		),
	);

	// Somebody has tagged every child of this one, which keeps them.
	const guarded = buildImage({seed: `${seed} base/alpine`});
	await store.push('base/alpine', '3.21', guarded);
	for (const [n, {digest}] of guarded.manifests.entries()) {
		await store.writeTag('base/alpine', `3.21-keep-${n}`, digest);
	}

	const older = await pushIndex(store, seed, ['2026-03']);
	const latest = await pushIndex(store, seed, ['2026-04', brokenTag]);
	await store.push('tools/release-notes', '2.1', buildImage({seed: `${seed} tools/release-notes`}));
	return {repository: brokenRepository, tag: brokenTag, latest, older};
}

async function pushPlain(store: Store, repository: string, tag: string, seed: string): Promise<void> {
	const {manifests, blobs} = buildImage({seed, platforms: ['linux/amd64'], attestations: false});
	await store.push(repository, tag, {index: manifests[0]!, manifests: [], blobs});
}

async function pushIndex(store: Store, seed: string, tags: string[]): Promise<Pushed> {
	const image: BuiltImage = buildImage({seed: `${seed} ${brokenRepository}:${tags[0]}`});
	for (const tag of tags) {
		await store.push(brokenRepository, tag, image);
	}

	return {
		tags,
		children: image.manifests.map(({digest, platform = ''}) => ({digest, platform})),
	};
}
