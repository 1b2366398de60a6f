import {appendFile, mkdir, rm, stat, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Store} from '../../src/drills/images/store.ts';
import type {ImagePart} from './image-parts.ts';

export type Damage = ReturnType<typeof damageTo>;

/** Everything that can happen to one pushed image on the disk. Each returns the digest of the damaged part. */
export function damageTo(store: Store, {repository, tag}: {repository: string; tag: string}, image: ImagePart) {
	const data = ({digest}: ImagePart) => store.blobFile(digest);
	const linkOf = ({role, digest}: ImagePart) =>
		(role === 'blob' ? store.layerLink : store.revisionLink)(repository, digest);
	const hit =
		(damage: (part: ImagePart) => Promise<void>) =>
		async (part: ImagePart): Promise<Digest[]> => {
			await damage(part);
			return [part.digest];
		};

	const untold = async (damage: Promise<void>): Promise<Digest[]> => {
		await damage;
		return [];
	};

	return {
		image,
		child: (at: number) => image.needs[at]!,
		config: (at: number) => image.needs[at]!.needs[0]!,
		layer: (at: number, layer = 0) => image.needs[at]!.needs[1 + layer]!,

		lose: hit(part => store.remove(data(part))),
		empty: hit(part => truncate(data(part), 0)),
		cut: hit(async part => truncate(data(part), Math.floor(part.bytes.length / 2))),
		grow: hit(part => appendFile(data(part), 'more')),
		corrupt: hit(async part => writeFile(data(part), Buffer.alloc((await stat(data(part))).size, 7))),
		replace: (part: ImagePart, text: string) => hit(() => writeFile(data(part), text))(part),
		makeFolder: hit(async part => {
			await rm(data(part));
			await mkdir(data(part));
		}),

		unlink: hit(part => store.remove(linkOf(part))),
		relink: (part: ImagePart, text: string) => hit(() => writeFile(linkOf(part), text))(part),
		/** The tag returns 404, so no digest is named. */
		/** The registry says in its 404 which manifest the tag names. */
		unlinkTop: () => store.remove(linkOf(image)).then(() => [image.digest]),
		loseTop: () => store.remove(data(image)).then(() => [image.digest]),
		emptyTop: () => untold(truncate(data(image), 0)),

		/** What distribution 2.1 left: 2.8 still serves a manifest by it. */
		async linkAsLayer(part: ImagePart): Promise<Digest[]> {
			await store.writeLink(store.layerLink(repository, part.digest), part.digest);
			return [];
		},

		/** The tag's own link; no digest is at fault. */
		async writeTagLink(text: string): Promise<Digest[]> {
			await writeFile(path.join(store.tagFolder(repository, tag), 'current/link'), text);
			return [];
		},
		async loseTagLink(): Promise<Digest[]> {
			await store.remove(path.join(store.tagFolder(repository, tag), 'current'));
			return [];
		},
		async loseLayersFolder(): Promise<Digest[]> {
			await store.remove(path.join(store.base, 'repositories', repository, '_layers'));
			return image.needs.map(({digest}) => digest);
		},
		/** What the tag named before. */
		loseHistory: () => untold(store.remove(path.join(store.tagFolder(repository, tag), 'index'))),
	};
}
