import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {type InventoryEntry, inventoryOf} from '../../../../src/domain/inventory/inventory.ts';
import {relinkSteps} from '../../../../src/domain/remedy/relink-steps.ts';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import {damagesImage} from '../../../../src/domain/storage/findings/finding.ts';
import {blobFolder, layersFolder} from '../../../../src/domain/storage/listing/paths.ts';
import {isoTime} from '../../../../src/domain/storage/listing/times.ts';
import {buildx} from '../../../support/odd-images.ts';
import {
	damagedAt,
	emptyTree,
	listingOf,
	push,
	pushedAt,
	remove,
	rootOf,
	type StoreTree,
	takenAt,
	write,
} from '../../../support/store-tree.ts';

const role = 'authoritative';
const day = 86_400;
const gone = 'acme/gone';
const [image, newer] = [buildx('gone'), buildx('newer')];
const [digest, newerDigest] = [rootOf(image).digest, rootOf(newer).digest];

/** A store beside whose other repository one was deleted. */
function deleted(...images: (typeof image)[]): StoreTree {
	const tree = emptyTree();
	push(tree, 'acme/app', 'v1', buildx('app'));
	for (const [at, each] of images.entries()) {
		push(tree, gone, 'latest', each, pushedAt + at);
	}

	remove(tree, `repositories/${gone}`);
	return tree;
}

function seen(tag: string, named: Digest, {first = takenAt - 9 * day, last = takenAt - day} = {}): InventoryEntry {
	return {repository: gone, tag, digest: named, firstSeen: isoTime(first), lastSeen: isoTime(last)};
}

const scanWith = (tree: StoreTree, ...entries: InventoryEntry[]) =>
	assess(listingOf(tree), {role, inventory: inventoryOf('registry.example', entries)});

describe('a repository that the disk has lost and probes have seen', () => {
	it('is found by its name and tags, with the time by which it was gone, and is relinked whole with its tags', () => {
		const scan = scanWith(deleted(image), seen('latest', digest), seen('v1', digest));

		expect(scan.findings).toMatchObject([
			{
				kind: 'repository-vanished',
				repository: gone,
				digest,
				tags: ['latest', 'v1'],
				remedy: 'relink',
				since: isoTime(damagedAt),
				is: {form: 'index', platforms: ['linux/amd64', 'linux/arm64'], stored: isoTime(pushedAt)},
			},
		]);
		expect(scan.leftovers).not.toHaveProperty('unlinked');
		expect(relinkSteps(scan.findings).map(({kind}) => kind)).toEqual([
			...image.blobs.map(() => 'upload-blob'),
			...image.manifests.map(() => 'put-manifest'),
			'restore-tag',
			'restore-tag',
		]);
		expect(damagesImage(scan.findings[0]!, {repository: gone, tag: 'v1'})).toBe(true);
	});

	it('is found where another repository has the same image: only the inventory tells that', () => {
		const tree = deleted(image);
		push(tree, 'acme/other', 'v1', image);

		expect(assess(listingOf(tree), {role}).findings).toEqual([]);
		expect(scanWith(tree, seen('latest', digest)).findings).toMatchObject([
			{kind: 'repository-vanished', repository: gone, tags: ['latest'], remedy: 'relink'},
		]);
	});

	it('keeps what a tag has left behind as a leftover', () => {
		const tree = deleted(image, newer);
		const scan = scanWith(tree, seen('latest', digest, {last: takenAt - 3 * day}), seen('latest', newerDigest));

		expect(scan.findings).toMatchObject([{digest: newerDigest, tags: ['latest']}]);
		expect(scan.leftovers).toMatchObject({unlinked: 1});
	});

	it('is a leftover where no probe has seen it for a month before the newest', () => {
		const other = {...seen('v1', rootOf(buildx('app')).digest), repository: 'acme/app'};
		const scan = scanWith(deleted(image), other, seen('latest', digest, {first: 0, last: takenAt - 40 * day}));

		expect(scan).toMatchObject({findings: [], leftovers: {unlinked: 1}});
	});

	it('is rebuilt where a part is gone from the disk', () => {
		const tree = deleted(image);
		remove(tree, blobFolder(image.blobs[1]!.digest));

		expect(scanWith(tree, seen('latest', digest)).findings).toMatchObject([
			{kind: 'repository-vanished', repository: gone, missing: [image.blobs[1]!.digest], remedy: 'rebuild'},
		]);
	});
});

describe('an image that no repository has and no probe has seen', () => {
	const other = (first: number) => ({...seen('v1', rootOf(buildx('app')).digest, {first}), repository: 'acme/app'});

	it('is a leftover where it was stored before probes that have run for a week began', () => {
		expect(scanWith(deleted(image), other(takenAt - 9 * day))).toMatchObject({findings: [], leftovers: {unlinked: 1}});
	});

	it('is a finding without a name where the probes began after a shorter time, or before it was stored', () => {
		for (const first of [takenAt - 3 * day, pushedAt - day]) {
			expect(scanWith(deleted(image), other(first)).findings).toMatchObject([
				{kind: 'repository-vanished', repository: '', digest, tags: [], remedy: 'inspect', plan: {complete: true}},
			]);
		}
	});

	it('is not looked for among links that were not read, in a cache, or in what was stored just now', () => {
		const young = emptyTree();
		push(young, 'acme/app', 'v1', buildx('app'));
		for (const {digest: of, bytes} of [...image.blobs, ...image.manifests]) {
			write(young, `blobs/sha256/${of.slice(7, 9)}/${of.slice(7)}/data`, bytes, takenAt - 60);
		}

		expect(assess(listingOf(deleted(image), ['repositories/acme/app']), {role}).findings).toEqual([]);
		expect(assess(listingOf(deleted(image)), {role: 'cache'}).findings).toEqual([]);
		expect(assess(listingOf(young), {role})).toMatchObject({findings: [], leftovers: {images: 0}});
	});
});

it('a repository that lost only its manifests has vanished, and its layers stay linked', () => {
	const tree = deleted();
	push(tree, gone, 'latest', image);
	remove(tree, `repositories/${gone}/_manifests`);

	const [finding] = scanWith(tree, seen('latest', digest)).findings;

	expect(finding).toMatchObject({kind: 'repository-vanished', repository: gone, remedy: 'relink'});
	expect(relinkSteps([finding!]).some(({kind}) => kind === 'upload-blob')).toBe(false);
	expect(listingOf(tree).folders!.has(layersFolder(gone))).toBe(true);
});
