import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {referenceTo} from '../../domain/damage/damaged-image.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {type Descriptor, type Manifest, parseManifest} from '../../domain/image/manifest.ts';
import type {DamagedRow} from '../../domain/plan/rows.ts';
import {type ImageConfig, readImageConfig} from '../../domain/remedy/image-config.ts';
import {childrenWithConfigs, searchServed, siblingsOf} from '../../domain/remedy/siblings.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {Preparing} from './prepare-row.ts';
import type {ServedImage} from './scope.ts';

/** Of the images of a repository, those with the highest tags: a person chooses among few. */
const mostImages = 40;
const largestConfig = 1024 * 1024;
const repositoriesAtOnce = 2;
const imagesAtOnce = 4;

/**
 * The images that a broken tag can be pointed to where there is no disk to tell: of those that the look over HTTP saw whole. What they are
 * is read from their manifests and configs. What cannot be read is not offered.
 */
export async function withServedSiblings(
	rows: readonly DamagedRow[],
	served: readonly ServedImage[],
	{host, of, signal}: Preparing,
): Promise<DamagedRow[]> {
	const [first] = rows;
	const repositories = new Set(rows.flatMap(({image}) => (image.tags.length > 0 ? [image.repository] : [])));
	const waiting = [...repositories].filter(name => served.some(({repository}) => repository === name));
	if (first === undefined || waiting.length === 0) {
		return [...rows];
	}

	const {registry} = of(referenceTo(first.image, host)).ports;
	const known = new Map<string, Known>();
	await forEachConcurrently(
		() => waiting.shift(),
		repositoriesAtOnce,
		async repository => {
			const damaged = rows.filter(({image}) => image.repository === repository).map(({image}) => image);
			const images = served
				.filter(each => each.repository === repository)
				.sort(byTag)
				.slice(0, mostImages);
			known.set(repository, await readImages(registry, {repository, damaged, images}, {signal}));
		},
	);
	return rows.map(row => {
		const {repository, tags, digest} = row.image;
		const read = known.get(repository);
		if (read === undefined || tags.length === 0) {
			return row;
		}

		const search = searchServed({tags, ...(digest && {digest})}, read.images, each => read.manifests.get(each));
		return {...row, siblings: siblingsOf(search, read.configs)};
	});
}

type Known = {
	images: readonly ServedImage[];
	manifests: ReadonlyMap<Digest, Manifest>;
	configs: ReadonlyMap<Digest, ImageConfig>;
};

/** The manifests and configs that tell the images of one repository apart. */
async function readImages(
	registry: Registry,
	{repository, damaged, images}: {repository: string; damaged: readonly DamagedImage[]; images: readonly ServedImage[]},
	{signal}: Waiting,
): Promise<Known> {
	const manifests = new Map<Digest, Manifest>();
	const configs = new Map<Digest, ImageConfig>();
	const read = async (digest: Digest): Promise<Manifest | undefined> => {
		const answer = manifests.has(digest) ? undefined : await registry.manifest(repository, digest, {signal});
		if (answer?.state === 'found') {
			const parsed = parseManifest(new TextDecoder().decode(answer.bytes), answer.mediaType);
			if (parsed.ok) {
				manifests.set(digest, parsed.manifest);
			}
		}

		return manifests.get(digest);
	};
	const queue = [...damaged.flatMap(({digest}) => digest ?? []), ...images.map(({digest}) => digest)];
	await forEachConcurrently(
		() => queue.shift(),
		imagesAtOnce,
		async digest => {
			const manifest = await read(digest);
			const below = manifest?.kind === 'index' ? childrenWithConfigs(manifest) : [];
			const children = await Promise.all(below.map(child => read(child.digest)));
			for (const each of [manifest, ...children]) {
				if (each?.kind === 'image' && each.config !== undefined) {
					const config = await readConfig(registry, repository, each.config, {signal});
					if (config !== undefined) {
						configs.set(each.config.digest, config);
					}
				}
			}
		},
	);
	return {images, manifests, configs};
}

async function readConfig(
	registry: Registry,
	repository: string,
	config: Descriptor,
	{signal}: Waiting,
): Promise<ImageConfig | undefined> {
	if (config.size > largestConfig) {
		return undefined;
	}

	let content: Uint8Array | undefined;
	const onContent = (bytes: Uint8Array) => {
		content = bytes;
	};
	const {state} = await registry.blob(repository, config, 'content', {signal, onContent});
	return state === 'present' && content !== undefined ? readImageConfig(content) : undefined;
}

const collator = new Intl.Collator('en', {numeric: true});

/** The highest tag first: `1.10` before `1.9`. */
function byTag({tags: [one = '']}: ServedImage, {tags: [other = '']}: ServedImage): number {
	return collator.compare(other, one);
}
