import {expect, test} from 'vitest';
import {type InventoryEntry, inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import {blobFolder, currentLink, historyLink, revisionFolder} from '../../../src/domain/storage/listing/paths.ts';
import {isoTime} from '../../../src/domain/storage/listing/times.ts';
import {sayRestore} from '../../../src/domain/storage/restore.ts';
import {buildx} from '../../support/odd-images.ts';
import {emptyTree, listingOf, push, pushedAt, remove, rootOf, type StoreTree, write} from '../../support/store-tree.ts';

const role = 'authoritative';
const hour = 3600;
const names = ['acme/one', 'acme/two', 'acme/three', 'acme/four'];
const old = (name: string) => buildx(`${name} old`);
const newer = (name: string) => buildx(`${name} new`);

/** Repositories that were pushed to one after another, an hour apart, and again days later. */
function pushedTwice(): StoreTree {
	const tree = emptyTree();
	for (const [at, name] of names.entries()) {
		push(tree, name, 'latest', old(name), pushedAt + at * hour);
	}

	for (const [at, name] of names.entries()) {
		push(tree, name, 'latest', newer(name), pushedAt + (100 + at) * hour);
	}

	return tree;
}

/** Lays the links of an older state over this one: what they name is older, and so are their times. */
function setBack(tree: StoreTree, name: string): void {
	const {digest} = rootOf(old(name));
	write(tree, currentLink(name, 'latest'), digest, pushedAt + names.indexOf(name) * hour);
}

const scan = (tree: StoreTree, more: Partial<Parameters<typeof assess>[1]> = {}) =>
	assess(listingOf(tree), {role, ...more});

test('tags that move back in many repositories at once are a restore of links as of a time between two', () => {
	const tree = pushedTwice();
	names.forEach(name => void setBack(tree, name));

	const {findings, restore} = scan(tree);

	expect(findings.map(({kind, repository, remedy}) => `${kind} ${repository} ${remedy}`).sort()).toEqual(
		names.map(name => `tag-set-back ${name} re-point`).sort(),
	);
	for (const {repository, digest, history, detail} of findings) {
		const [back, forth] = [rootOf(old(repository)).digest, rootOf(newer(repository)).digest];
		expect({digest, history}).toMatchObject({digest: back, history: [{tag: 'latest', digest: forth}]});
		expect(detail).toContain(back.slice(0, 19));
		expect(detail).toContain(forth.slice(0, 19));
	}

	expect(restore).toEqual({
		kind: 'set-back',
		tags: 4,
		images: 0,
		repositories: 4,
		after: isoTime(pushedAt + 3 * hour),
		before: isoTime(pushedAt + 100 * hour),
	});
	expect(sayRestore(restore!)).toContain(
		'looks like a restore of older links over newer data: 4 tags of 4 repositories',
	);
});

test('two tags that moved back are findings, and no restore', () => {
	const tree = pushedTwice();
	names.slice(0, 2).forEach(name => void setBack(tree, name));

	const {findings, restore} = scan(tree);
	expect(findings.map(({kind}) => kind)).toEqual(['tag-set-back', 'tag-set-back']);
	expect(restore).toBeUndefined();
});

test('images newer than every link and every folder of the repositories are a restore, and those of a deleted repository are not', () => {
	const restored = pushedTwice();
	const deleted = pushedTwice();
	for (const name of names) {
		const {digest} = rootOf(newer(name));
		for (const tree of [restored, deleted]) {
			for (const part of newer(name).manifests) {
				remove(tree, revisionFolder(name, part.digest), pushedAt + 50 * hour);
			}

			for (const part of newer(name).blobs) {
				remove(tree, `repositories/${name}/_layers/${part.digest.replace(':', '/')}`, pushedAt + 50 * hour);
			}

			remove(tree, historyLink(name, 'latest', digest).slice(0, -'/link'.length), pushedAt + 50 * hour);
			setBack(tree, name);
		}
	}

	deleted.folders.set('repositories/acme', pushedAt + 200 * hour);

	expect(scan(restored)).toMatchObject({
		findings: names.map(() => ({kind: 'repository-vanished', repository: ''})),
		restore: {kind: 'set-back', images: 4, tags: 0, before: isoTime(pushedAt + 100 * hour)},
	});
	expect(scan(deleted).findings).toHaveLength(4);
	expect(scan(deleted).restore).toBeUndefined();
});

test('links that were all written after nearly all data are a copy that kept no times, and its times are no ages', () => {
	const tree = pushedTwice();
	const copied = pushedAt + 300 * hour;
	remove(tree, revisionFolder('acme/one', newer('acme/one').manifests[0]!.digest), copied + 2);
	const renewed: StoreTree = {
		...tree,
		files: new Map(
			[...tree.files].map(([path, file], at) => [
				path,
				path.startsWith('repositories/') ? {...file, changed: copied + at / 10} : file,
			]),
		),
	};

	const {findings, restore} = scan(renewed);

	expect(findings).toMatchObject([{kind: 'child-unlinked', repository: 'acme/one'}]);
	expect(findings[0]!.since).toBeUndefined();
	expect(restore).toMatchObject({kind: 'copied', what: 'links', repositories: 4});
	expect(sayRestore(restore!)).toContain('kept no times');
	// The same loss in a store that pushes have filled.
	expect(scan(tree).findings).toMatchObject([{since: isoTime(copied + 2)}]);
	expect(scan(tree).restore).toBeUndefined();
});

test('data that was all written after nearly all links is one as well, and a loss after it keeps its time', () => {
	const tree = pushedTwice();
	const copied = pushedAt + 300 * hour;
	for (const [path, file] of tree.files) {
		if (path.startsWith('blobs/')) {
			tree.files.set(path, {...file, changed: copied});
		}
	}

	remove(tree, blobFolder(newer('acme/one').blobs[1]!.digest), copied + hour);

	expect(scan(tree)).toMatchObject({
		findings: [{kind: 'layer-missing', since: isoTime(copied + hour)}],
		restore: {kind: 'copied', what: 'data', from: isoTime(copied)},
	});
});

test('equal times in the history of a tag say nothing; with a newer probe both are told, and none is the newest', () => {
	const tree = pushedTwice();
	for (const name of names) {
		for (const path of [rootOf(old(name)), rootOf(newer(name))].map(({digest}) =>
			historyLink(name, 'latest', digest),
		)) {
			const {bytes} = tree.files.get(path)!;
			tree.files.set(path, {bytes, changed: pushedAt});
		}

		write(tree, currentLink(name, 'latest'), rootOf(old(name)).digest, pushedAt);
	}

	const entry: InventoryEntry = {
		repository: 'acme/one',
		tag: 'latest',
		digest: rootOf(newer('acme/one')).digest,
		firstSeen: isoTime(pushedAt + 100 * hour),
		lastSeen: isoTime(pushedAt + 120 * hour),
	};

	expect(scan(tree).findings).toEqual([]);
	expect(scan(tree, {inventory: inventoryOf('registry.example', [entry])}).findings).toMatchObject([
		{
			kind: 'tag-set-back',
			repository: 'acme/one',
			history: [{digest: entry.digest}],
			detail: expect.stringContaining('as a probe saw it'),
		},
	]);
});

test('a probe that saw a tag before it was pushed again says nothing', () => {
	const entry: InventoryEntry = {
		repository: 'acme/one',
		tag: 'latest',
		digest: rootOf(old('acme/one')).digest,
		firstSeen: isoTime(pushedAt),
		lastSeen: isoTime(pushedAt + 99 * hour),
	};

	expect(scan(pushedTwice(), {inventory: inventoryOf('registry.example', [entry])}).findings).toEqual([]);
});
