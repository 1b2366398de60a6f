import {defined} from '../../src/domain/defined.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import type {HashedBlob} from '../../src/domain/storage/findings/hashing.ts';
import type {ObstacleKind} from '../../src/domain/storage/listing/obstacles.ts';
import {
	blobData,
	blobFolder,
	currentLink,
	layerFolder,
	layerLink,
	layersFolder,
	revisionFolder,
	revisionLink,
	tagFolder,
} from '../../src/domain/storage/listing/paths.ts';
import {buildx, indexOver} from './odd-images.ts';
import {
	damagedAt,
	obstruct,
	push,
	pushedAt,
	remove,
	rootOf,
	type StoredImage,
	type StoreTree,
	write,
} from './store-tree.ts';

/** The findings that a scan has to make, in every repository that holds the victim. */
export type Expected = Pick<Finding, 'kind' | 'repository' | 'tags' | 'remedy'> & {
	digest?: Digest;
	since?: string | undefined;
};

export type Damage = {expected: Expected[]; hashed?: HashedBlob[]};

/** An image that shares no part with the rest of a store: under two tags in `here`, under one in `there`. */
export type Victim = {
	image: StoredImage;
	root: Digest;
	child: Digest;
	attestation: Digest;
	config: Digest;
	layer: Digest;
};

export const here = 'victim/one';
export const there = 'victim';
const tagsOf: Record<string, string[]> = {[here]: ['v1', 'v2'], [there]: ['latest']};
const since = '2020-09-13T12:26:40Z';
const sinceDamage = '2022-04-15T05:20:00Z';

/** @param depth indexes around the image's own */
export function pushVictim(tree: StoreTree, depth: number): Victim {
	let image = buildx('victim');
	const [child, attestation] = image.manifests;
	const [config, layer] = image.blobs;
	for (let level = 0; level < depth; level++) {
		image = indexOver([image]);
	}

	for (const [repository, tags] of Object.entries(tagsOf)) {
		for (const tag of tags) {
			push(tree, repository, tag, image);
		}
	}

	return {
		image,
		root: rootOf(image).digest,
		child: child!.digest,
		attestation: attestation!.digest,
		config: config!.digest,
		layer: layer!.digest,
	};
}

type Remedy = Finding['remedy'];

function one(kind: Finding['kind'], remedy: Remedy, digest?: Digest, more: Partial<Expected> = {}): Expected {
	return {
		kind,
		repository: here,
		tags: tagsOf[here]!,
		remedy,
		...(digest === undefined ? {} : {digest}),
		...defined({since: sinceDamage, ...more}),
	};
}

/** Data is shared, so every repository that needs it is broken. */
function everywhere(kind: Finding['kind'], remedy: Remedy, digest: Digest, more: Partial<Expected> = {}): Expected[] {
	return [
		one(kind, remedy, digest, more),
		{...one(kind, remedy, digest, more), repository: there, tags: tagsOf[there]!},
	];
}

/** One for each way in which a store can be damaged. */
export const damages: Record<string, (tree: StoreTree, victim: Victim) => Damage> = {
	'a child loses its link'(tree, {child}) {
		remove(tree, revisionFolder(here, child));
		return {expected: [one('child-unlinked', 'relink', child)]};
	},
	'an attestation loses its link, its folder stays'(tree, {attestation}) {
		remove(tree, revisionLink(here, attestation));
		return {expected: [one('child-unlinked', 'relink', attestation)]};
	},
	'a child is swept'(tree, {child, config}) {
		remove(tree, revisionFolder(here, child));
		remove(tree, blobFolder(config));
		return {
			expected: [
				one('child-swept', 'rebuild', child),
				{...one('config-missing', 'rebuild', config), repository: there, tags: tagsOf[there]!},
			],
		};
	},
	'an unlinked child has a layer of the wrong length'(tree, {child, layer}) {
		remove(tree, revisionFolder(here, child));
		write(tree, blobData(layer), 'short', damagedAt);
		return {
			expected: [one('child-swept', 'rebuild', child), ...everywhere('blob-truncated', 'rebuild', layer)],
		};
	},
	'the JSON of a child is gone'(tree, {child}) {
		remove(tree, blobFolder(child));
		return {expected: everywhere('child-missing', 'rebuild', child)};
	},
	'a manifest is emptied'(tree, {child}) {
		write(tree, blobData(child), '', damagedAt);
		return {expected: everywhere('manifest-unreadable', 'rebuild', child)};
	},
	'a manifest is altered and still JSON'(tree, {root}) {
		write(tree, blobData(root), '{"schemaVersion":2,"manifests":[]}', damagedAt);
		return {expected: everywhere('manifest-unreadable', 'rebuild', root)};
	},
	'a config is gone'(tree, {config}) {
		remove(tree, blobFolder(config));
		return {expected: everywhere('config-missing', 'rebuild', config)};
	},
	'a layer is gone'(tree, {layer}) {
		remove(tree, blobData(layer));
		return {expected: everywhere('layer-missing', 'rebuild', layer)};
	},
	'a layer loses its link'(tree, {layer}) {
		remove(tree, layerFolder(here, layer));
		return {expected: [one('layer-unlinked', 'relink', layer)]};
	},
	'a config loses its link'(tree, {config}) {
		remove(tree, layerFolder(here, config));
		return {expected: [one('layer-unlinked', 'relink', config)]};
	},
	'a repository loses its layers'(tree) {
		remove(tree, layersFolder(here));
		return {expected: [one('layer-unlinked', 'relink')]};
	},
	'a layer is emptied'(tree, {layer}) {
		write(tree, blobData(layer), '', damagedAt);
		return {expected: everywhere('blob-empty', 'rebuild', layer)};
	},
	'a layer is cut'(tree, {layer}) {
		write(tree, blobData(layer), 'x', damagedAt);
		return {expected: everywhere('blob-truncated', 'rebuild', layer)};
	},
	'a layer rots'(_tree, {layer}) {
		return {
			hashed: [{digest: layer, state: 'differs'}],
			expected: everywhere('blob-corrupt', 'rebuild', layer, {since}),
		};
	},
	'a manifest rots after it was read'(_tree, {child}) {
		const hashed: HashedBlob[] = [{digest: child, state: 'differs'}];
		return {hashed, expected: everywhere('manifest-unreadable', 'rebuild', child, {since})};
	},
	'a revision link ends in a newline'(tree, {child}) {
		write(tree, revisionLink(here, child), `${child}\n`, damagedAt);
		return {expected: [one('link-malformed', 'relink', child)]};
	},
	'a revision link is empty, and its image gone'(tree, {child, config}) {
		write(tree, revisionLink(here, child), '', damagedAt);
		remove(tree, blobFolder(config));
		return {
			expected: [
				one('link-malformed', 'rebuild', child),
				{...one('config-missing', 'rebuild', config), repository: there, tags: tagsOf[there]!},
			],
		};
	},
	'a revision link names another manifest'(tree, {root, child}) {
		write(tree, revisionLink(here, root), child, damagedAt);
		return {expected: [one('link-malformed', 'relink', root)]};
	},
	'a layer link is empty'(tree, {layer}) {
		write(tree, layerLink(here, layer), '', damagedAt);
		return {expected: [one('link-malformed', 'relink', layer)]};
	},
	'a tag link ends in a newline'(tree, {root}) {
		write(tree, currentLink(here, 'v1'), `${root}\n`, damagedAt);
		return {expected: [one('link-malformed', 'relink', undefined, {tags: ['v1']})]};
	},
	'a tag link is empty, and its history knows one image'(tree) {
		write(tree, currentLink(here, 'v1'), '', damagedAt);
		return {expected: [one('link-malformed', 'relink', undefined, {tags: ['v1']})]};
	},
	'a tag link is garbage, and nobody knows what it meant'(tree) {
		write(tree, currentLink(here, 'v1'), 'garbage', damagedAt);
		remove(tree, `${tagFolder(here, 'v1')}/index`);
		return {expected: [one('link-malformed', 're-point', undefined, {tags: ['v1']})]};
	},
	'a tag has no current'(tree) {
		remove(tree, `${tagFolder(here, 'v1')}/current`);
		return {expected: [one('tag-dangling', 're-point', undefined, {tags: ['v1']})]};
	},
	'what a tag names has no link'(tree, {root}) {
		remove(tree, revisionFolder(here, root));
		return {expected: [one('tag-dangling', 'relink', root)]};
	},
	'what a tag names has no link, and a layer is gone'(tree, {root, layer}) {
		remove(tree, revisionFolder(here, root));
		remove(tree, blobFolder(layer));
		return {
			expected: [
				one('tag-dangling', 'rebuild', root),
				{...one('layer-missing', 'rebuild', layer), repository: there, tags: tagsOf[there]!},
			],
		};
	},
	'a tag has no current, and its history no whole image'(tree, {layer}) {
		remove(tree, `${tagFolder(here, 'v1')}/current`);
		remove(tree, blobFolder(layer));
		return {
			expected: [
				one('tag-dangling', 'remove-tag', undefined, {tags: ['v1']}),
				one('layer-missing', 'rebuild', layer, {tags: ['v2']}),
				{...one('layer-missing', 'rebuild', layer), repository: there, tags: tagsOf[there]!},
			],
		};
	},
	'a tag has neither current nor history'(tree) {
		remove(tree, `${tagFolder(here, 'v1')}/current`);
		remove(tree, `${tagFolder(here, 'v1')}/index`);
		return {expected: [one('tag-dangling', 're-point', undefined, {tags: ['v1']})]};
	},
	'both repositories are deleted'(tree, {root}) {
		remove(tree, `repositories/${there}`);
		return {expected: [one('repository-vanished', 'inspect', root, {repository: '', tags: [], since: undefined})]};
	},
	'both repositories are deleted, and a layer is gone'(tree, {root, layer}) {
		remove(tree, `repositories/${there}`);
		remove(tree, blobFolder(layer));
		return {expected: [one('repository-vanished', 'inspect', root, {repository: '', tags: [], since: undefined})]};
	},
	'a repository loses its manifests, another is deleted'(tree, {root}) {
		remove(tree, `repositories/${there}/_manifests`);
		remove(tree, `repositories/${here}`);
		return {expected: [one('repository-vanished', 'inspect', root, {repository: '', tags: [], since: undefined})]};
	},
	'a tag is set back'(tree, {root}) {
		push(tree, here, 'v1', buildx('newer'), pushedAt + 60);
		write(tree, currentLink(here, 'v1'), root);
		return {expected: [one('tag-set-back', 're-point', root, {tags: ['v1'], since: undefined})]};
	},
	'a tag is set back, and what it named is gone'(tree, {root}) {
		const newer = buildx('newer');
		push(tree, here, 'v1', newer, pushedAt + 60);
		write(tree, currentLink(here, 'v1'), root);
		remove(tree, revisionFolder(here, rootOf(newer).digest));
		remove(tree, blobFolder(rootOf(newer).digest));
		return {expected: [one('tag-set-back', 'inspect', root, {tags: ['v1'], since: undefined})]};
	},
	...inTheWay('a folder', 'folder', 'missing'),
	...inTheWay('a pipe', 'pipe', 'empty'),
	...inTheWay('a socket', 'socket', 'empty'),
	...inTheWay('a device', 'device', 'empty'),
	...inTheWay('a link in a circle', 'circle', 'missing'),
	'a symbolic link to nothing is a tag’s link'(tree) {
		obstruct(tree, currentLink(here, 'v1'), 'nothing');
		return {expected: [one('tag-dangling', 're-point', undefined, {tags: ['v1'], since: undefined})]};
	},
	'a symbolic link to nothing is a revision link'(tree, {child}) {
		obstruct(tree, revisionLink(here, child), 'nothing');
		return {expected: [one('child-unlinked', 'relink', child)]};
	},
	'a symbolic link to nothing is a layer link'(tree, {layer}) {
		obstruct(tree, layerLink(here, layer), 'nothing');
		return {expected: [one('layer-unlinked', 'relink', layer)]};
	},
	'a symbolic link to nothing is the data of a layer'(tree, {layer}) {
		obstruct(tree, blobData(layer), 'nothing');
		return {expected: everywhere('layer-missing', 'rebuild', layer)};
	},
	'a file is in the place of a tag'(tree) {
		obstruct(tree, tagFolder(here, 'v1'), 'file');
		return {expected: [one('link-malformed', 're-point', undefined, {tags: ['v1'], since: undefined})]};
	},
	'a file is in the place of a tag’s current'(tree) {
		obstruct(tree, `${tagFolder(here, 'v1')}/current`, 'file');
		return {expected: [one('link-malformed', 'relink', undefined, {tags: ['v1'], since: undefined})]};
	},
	'a file is in the place of a revision'(tree, {child}) {
		obstruct(tree, revisionFolder(here, child), 'file');
		return {expected: [one('link-malformed', 'relink', child, {since: undefined})]};
	},
	'a file is in the place of a layer’s folder'(tree, {layer}) {
		obstruct(tree, layerFolder(here, layer), 'file');
		return {expected: [one('link-malformed', 'relink', layer, {since: undefined})]};
	},
	'a file is in the place of a blob'(tree, {layer}) {
		obstruct(tree, blobFolder(layer), 'file');
		return {expected: everywhere('layer-missing', 'rebuild', layer)};
	},
	'a file is in the place of all layers'(tree) {
		obstruct(tree, layersFolder(here), 'file');
		return {expected: [one('layer-unlinked', 'relink')]};
	},
};

/** What a person does to a store on purpose, and is no damage. `unlinked`: how many leftovers it makes. */
export const intended: Record<string, {unlinked: number; change(tree: StoreTree, victim: Victim): void}> = {
	'one of two repositories is deleted': {
		unlinked: 0,
		change(tree) {
			remove(tree, `repositories/${here}`);
		},
	},
	'a manifest is deleted over HTTP': {
		unlinked: 1,
		change(tree, {root}) {
			for (const [repository, tags] of Object.entries(tagsOf)) {
				for (const tag of tags) {
					remove(tree, tagFolder(repository, tag));
				}

				remove(tree, revisionLink(repository, root));
			}
		},
	},
	'a manifest is removed, others of its repository are there': {
		unlinked: 1,
		change(tree, {root}) {
			push(tree, there, 'other', buildx('other'));
			remove(tree, `repositories/${here}`);
			remove(tree, tagFolder(there, 'latest'));
			remove(tree, revisionFolder(there, root));
		},
	},
	'a tag is re-pointed to an older image': {
		unlinked: 0,
		change(tree, {image}) {
			push(tree, here, 'v1', buildx('newer'), pushedAt + 60);
			push(tree, here, 'v1', image, pushedAt + 120);
		},
	},
};

/** @param loss how registry 2.8 meets it in the place of a layer's data */
function inTheWay(what: string, kind: ObstacleKind, loss: 'missing' | 'empty'): typeof damages {
	return {
		[`${what} is a tag’s link`](tree) {
			obstruct(tree, currentLink(here, 'v1'), kind);
			return {expected: [one('link-malformed', 'relink', undefined, {tags: ['v1'], since: undefined})]};
		},
		[`${what} is a revision link`](tree, {child}) {
			obstruct(tree, revisionLink(here, child), kind);
			return {expected: [one('link-malformed', 'relink', child, {since: undefined})]};
		},
		[`${what} is a layer link`](tree, {layer}) {
			obstruct(tree, layerLink(here, layer), kind);
			return {expected: [one('link-malformed', 'relink', layer, {since: undefined})]};
		},
		[`${what} is the data of a layer`](tree, {layer}) {
			obstruct(tree, blobData(layer), kind);
			return {expected: everywhere(loss === 'empty' ? 'blob-empty' : 'layer-missing', 'rebuild', layer)};
		},
		[`${what} is the data of a manifest`](tree, {child}) {
			obstruct(tree, blobData(child), kind);
			const isGone = kind === 'folder';
			return {expected: everywhere(isGone ? 'child-missing' : 'manifest-unreadable', 'rebuild', child)};
		},
	};
}
