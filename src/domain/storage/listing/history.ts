import {type Digest, isDigest} from '../../image/digest.ts';
import type {StorageListing} from './listing.ts';

/** What tags named before: `tags/<tag>/index/…`. The registry reads none of it to serve an image. */
export type TagHistory = {
	of(repository: string, tag: string): readonly Digest[];
	/** Entries that name a manifest which is gone, as every garbage collection with `-m` leaves them. */
	dangling: number;
};

const entry = /^repositories\/(.+)\/_manifests\/tags\/([^/]+)\/index\/(sha256|sha512)\/([0-9a-f]+)$/;

export function readHistory({folders, repositories}: StorageListing): TagHistory {
	const entries = new Map<string, Digest[]>();
	let dangling = 0;

	for (const path of folders?.keys() ?? []) {
		const [, repository = '', tag = '', algorithm, hex] = entry.exec(path) ?? [];
		const digest = `${algorithm}:${hex}`;
		if (isDigest(digest)) {
			const key = `${repository}:${tag}`;
			entries.set(key, [...(entries.get(key) ?? []), digest]);
			dangling += repositories.get(repository)?.revisions.has(digest) ? 0 : 1;
		}
	}

	return {of: (repository, tag) => entries.get(`${repository}:${tag}`) ?? [], dangling};
}
