import {execFile} from 'node:child_process';
import {appendFile, mkdir, rm, symlink, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Digest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {
	config,
	everything,
	type ImagePart,
	image,
	index,
	layer,
	on,
	plainImage,
	sha512,
	twoPlatforms,
} from './image-parts.ts';
import {oddImages} from './odd-images.ts';
import {artifact, dockerList, nested, sharing, withArtifact, withForeignLayers} from './oddities.ts';
import {writeParts} from './push-parts.ts';
import {scatterOddEntries} from './random-store.ts';
import {rootOf, type StoredImage} from './store-tree.ts';

/** Names that sort before and after `/` and `_layers`, and that lie in one another. */
const repositoryNames = [
	...['b', 'b/app', 'b/app/2', 'b/app/2/x', 'b/app-2', 'b-1', 'b.c', 'b_c', 'b__c', 'b--c/0_9'],
	...['0', '0/0', 'a', 'app', 'app/2', 'app.2/z', 'z', 'z/a/a/a', 'a.b__c--d/0_9'],
];
const tagNames = ['latest', '1.0', '1.0-rc', 'v1', '_._..__-1.0', `sha256-${'a'.repeat(64)}.sig`, 'x'.repeat(128)];

const images: Record<string, (seed: string) => ImagePart> = {
	twoPlatforms,
	plainImage,
	'two layers': seed => plainImage(seed, 2),
	withArtifact,
	withForeignLayers,
	artifact,
	dockerList,
	sharing,
	'nested once': seed => nested(seed, 1),
	'nested four times': seed => nested(seed, 4),
	'an index beside an image': seed => index([twoPlatforms(seed), on('linux/s390x', plainImage(seed))]),
	'without mediaType': seed => index([on('linux/amd64', plainImage(seed))], {mediaType: undefined}),
	'sha512 parts': seed => image({config: sha512(config(seed)), layers: [sha512(layer(seed))]}),
	'a sha512 child': seed => index([on('linux/amd64', sha512(plainImage(seed)))]),
	'no layers': seed => image({config: config(seed), layers: []}),
	'a child twice': seed => index([on('linux/amd64', plainImage(seed)), on('linux/arm64', plainImage(seed))]),
	...Object.fromEntries(
		Object.entries(oddImages)
			// 2.8 serves no schema 1 without signatures.
			.filter(([name]) => name !== 'schema 1')
			.map(([name, build]) => [`odd: ${name}`, (seed: string) => partOf(build(seed))]),
	),
};

/** One thing that a person, a disk or a program did to a file of the store. */
const fileDamages: Record<string, (file: string, others: {digest: Digest; bytes: Buffer}[]) => Promise<unknown>> = {
	lose: file => rm(file),
	'lose the folder': file => rm(path.dirname(file), {recursive: true}),
	empty: file => truncate(file, 0),
	'add a newline': file => appendFile(file, '\n'),
	garbage: file => writeFile(file, 'garbage'),
	'make a folder': async file => {
		await rm(file);
		await mkdir(file);
	},
	'link to nothing': async file => {
		await rm(file);
		await symlink('nothing', file);
	},
};
const dataDamages: typeof fileDamages = {
	...fileDamages,
	cut: (file, [own]) => truncate(file, Math.floor(own!.bytes.length / 2)),
	grow: file => appendFile(file, 'more'),
	rot: (file, [own]) => writeFile(file, Buffer.alloc(own!.bytes.length, 7)),
	'swap for another': (file, others) => writeFile(file, others.at(-1)!.bytes),
};
const linkDamages: typeof fileDamages = {
	...fileDamages,
	cut: file => truncate(file, 40),
	'name another': (file, others) => writeFile(file, others.at(-1)!.digest),
};

export type DisorderedStore = {
	store: Store;
	/** Every part that was ever pushed, by digest. */
	parts: ReadonlyMap<Digest, ImagePart>;
	/** What was done to it, in words. */
	damages: string[];
	/** What the repositories held that rm -rf has deleted. */
	vanished: ImagePart[];
	/** Whether a garbage collection has still to run over it, and which. */
	collection: 'none' | 'plain' | '-m';
	pageSize: number;
};

/** The same store for the same numbers. */
export async function disorderedStore(root: string, random: () => number): Promise<DisorderedStore> {
	const store = openStore(root);
	const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
	const some = <T>(items: readonly T[], share: number): T[] => items.filter(() => random() < share);
	const parts = new Map<Digest, ImagePart>();
	const pushed: {repository: string; tag: string; top: ImagePart}[] = [];
	const damages: string[] = [];
	const kinds = Object.keys(images);

	for (const repository of [...new Set([...some(repositoryNames, 0.2), pick(repositoryNames)])]) {
		const kind = pick(kinds);
		for (const tag of [...some(tagNames, 0.2), 'main']) {
			const named = random() < 0.5 ? kind : pick(kinds);
			// Some images are in several repositories, and under several tags.
			const top = images[named]!(`${named} ${Math.floor(random() * 3)}`);
			everything(top).forEach(part => void parts.set(part.digest, part));
			await writeParts(store, repository, [tag], top);
			pushed.push({repository, tag, top});
		}
	}

	for (const name of some(['emptied', 'b/emptied', 'b/app/2/emptied'], 0.2)) {
		await mkdir(path.join(store.base, 'repositories', name, '_layers'), {recursive: true});
		await mkdir(path.join(store.base, 'repositories', name, '_manifests/tags'), {recursive: true});
	}

	for (const name of some(['begun', 'b/app/begun'], 0.2)) {
		await mkdir(path.join(store.base, 'repositories', name, '_layers'), {recursive: true});
	}

	const attempt = async (what: string, damage: () => Promise<unknown>) => {
		try {
			await damage();
			damages.push(what);
		} catch {
			// It is gone already, or a folder.
		}
	};

	for (let count = Math.floor(random() * 7); count > 0; count--) {
		const {repository, tag, top} = pick(pushed);
		const all = everything(top);
		const part = pick(all);
		const others = [part, pick([...parts.values()])];
		const what = `${part.role} of ${repository}:${tag.slice(0, 12)}`;
		const link = (part.role === 'blob' ? store.layerLink : store.revisionLink)(repository, part.digest);
		const current = path.join(store.tagFolder(repository, tag), 'current/link');
		const inRepository = (...names: string[]) => path.join(store.base, 'repositories', repository, ...names);
		const [damage, kind] = [pick(Object.keys(dataDamages)), pick(Object.keys(linkDamages))];
		const chance = random();

		if (chance < 0.4) {
			await attempt(`data, ${damage}: ${what}`, () => dataDamages[damage]!(store.blobFile(part.digest), others));
		} else if (chance < 0.7) {
			await attempt(`link, ${kind}: ${what}`, () => linkDamages[kind]!(link, others));
		} else if (chance < 0.85) {
			await attempt(`tag link, ${kind}: ${what}`, () => linkDamages[kind]!(current, [top, top]));
		} else if (chance < 0.9) {
			await attempt(`served as layer: ${what}`, async () => {
				await rm(path.dirname(store.revisionLink(repository, top.digest)), {recursive: true});
				await store.writeLink(store.layerLink(repository, top.digest), top.digest);
			});
		} else {
			const lost = pick([
				'_layers',
				'_manifests',
				'_manifests/tags',
				'_manifests/revisions',
				`_manifests/tags/${tag}/index`,
			]);
			await attempt(`${lost.replace(tag, 'TAG')} is gone: ${repository}`, () =>
				rm(inRepository(lost), {recursive: true}),
			);
		}
	}

	if (random() < 0.25) {
		damages.push('odd entries');
		scatterOddEntries(store, random, random() < 0.3 ? 0.5 : 0);
	}

	const chance = random();
	const collection = chance < 0.12 ? '-m' : chance < 0.16 ? 'plain' : 'none';
	if (collection !== 'none') {
		damages.push(`garbage-collect ${collection}`);
	}

	const pageSize = 1 + Math.floor(random() * 5);
	const vanished: ImagePart[] = [];
	for (const name of some([...new Set(pushed.map(({repository}) => repository))], 0.15)) {
		await attempt(`repository is gone: ${name}`, async () => {
			await rm(path.join(store.base, 'repositories', name), {recursive: true});
			// Those whose names begin with its own lie in it.
			const within = pushed.filter(({repository}) => repository === name || repository.startsWith(`${name}/`));
			vanished.push(...within.map(({top}) => top));
		});
	}

	await ageData(store);
	return {store, parts, damages, vanished, collection, pageSize};
}

/** What was stored a moment ago may belong to a push that is still under way. */
async function ageData({base}: Store): Promise<void> {
	// Not all names are UTF-8.
	await promisify(execFile)('find', [path.join(base, 'blobs'), '-exec', 'touch', '-h', '-d', '1 hour ago', '{}', '+']);
}

/** A flat image as a tree. */
function partOf(stored: StoredImage): ImagePart {
	const build = (digest: Digest): ImagePart | undefined => {
		const manifest = stored.manifests.find(each => each.digest === digest);
		const bytes = (manifest ?? stored.blobs.find(each => each.digest === digest))?.bytes;
		if (bytes === undefined) {
			return undefined;
		}

		const {mediaType = mediaTypes.ociManifest, ...json} = manifest ? JSON.parse(String(bytes)) : {};
		const below: {digest: Digest}[] = [...(json.config ? [json.config] : []), ...(json.layers ?? json.manifests ?? [])];
		return {
			role: manifest ? 'manifest' : 'blob',
			bytes,
			mediaType,
			digest,
			descriptor: {digest, size: bytes.length},
			needs: below.flatMap(each => build(each.digest) ?? []),
		};
	};
	return build(rootOf(stored).digest)!;
}
