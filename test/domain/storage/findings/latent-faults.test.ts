import {expect, it} from 'vitest';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import {blobsToHash} from '../../../../src/domain/storage/findings/hashing.ts';
import {layerLink, revisionFolder} from '../../../../src/domain/storage/listing/paths.ts';
import {blobOf} from '../../../../src/drills/images/image.ts';
import {oddImages} from '../../../support/odd-images.ts';
import {here, pushVictim} from '../../../support/store-damage.ts';
import {emptyTree, listingOf, push, remove, rootOf, type StoreTree, write} from '../../../support/store-tree.ts';

const scanOf = (tree: StoreTree, unread: string[] = []) => assess(listingOf(tree, unread), {role: 'authoritative'});

it('a manifest served only by a layer link is a latent fault: the next garbage collection removes it', () => {
	const tree = emptyTree();
	const {child, root} = pushVictim(tree, 0);
	remove(tree, revisionFolder(here, child));
	write(tree, layerLink(here, child), child);

	expect(scanOf(tree)).toMatchObject({
		complete: true,
		findings: [],
		risks: [{kind: 'served-as-layer', repository: here, digest: child, tags: ['v1', 'v2'], via: [root]}],
	});
	expect(scanOf(tree, [revisionFolder(here, child)]).risks).toEqual([]);
});

it('history entries of a tag whose manifest is gone are only counted', () => {
	const tree = emptyTree();
	const old = oddImages.single!('old');
	push(tree, 'app', 'latest', old);
	push(tree, 'app', 'latest', oddImages.single!('new'));
	remove(tree, revisionFolder('app', rootOf(old).digest));

	expect(scanOf(tree)).toMatchObject({findings: [], risks: [], harmless: {history: 1}});
});

it('an abandoned upload is no damage', () => {
	const tree = emptyTree();
	write(tree, 'repositories/app/_uploads/b0/data', 'half');
	write(tree, 'repositories/app/_uploads/b0/startedat', '2020-01-01T00:00:00Z');

	expect(scanOf(tree)).toMatchObject({complete: true, findings: []});
});

it('corrupt data that no image needs is a latent fault: a push would not repair it', () => {
	const tree = emptyTree();
	const stray = blobOf('nobody needs it');
	push(tree, 'app', 'latest', oddImages.single!('one'));
	write(tree, `blobs/sha256/${stray.digest.slice(7, 9)}/${stray.digest.slice(7)}/data`, stray.bytes);
	write(tree, layerLink('app', stray.digest), stray.digest);

	const scan = assess(listingOf(tree), {role: 'authoritative', hashed: [{digest: stray.digest, state: 'differs'}]});

	expect(scan).toMatchObject({complete: true, findings: [], risks: [{kind: 'corrupt-unneeded', repository: 'app'}]});
});

it('blobs that manifests reference are hashed first', () => {
	const tree = emptyTree();
	const stray = blobOf('nobody needs it');
	write(tree, `blobs/sha256/${stray.digest.slice(7, 9)}/${stray.digest.slice(7)}/data`, stray.bytes);
	const {manifests} = listingOf(tree);
	push(tree, 'app', 'latest', oddImages.buildx!('one'));
	const listing = listingOf(tree);
	for (const digest of manifests.keys()) {
		listing.manifests.delete(digest);
	}

	const order = blobsToHash(listing);

	expect(order.at(-1)).toBe(stray.digest);
	expect(order).toHaveLength(listing.blobs.size);
	expect(new Set(order)).toEqual(new Set(listing.blobs.keys()));
});

it('a blob that could not be hashed makes the scan incomplete and is not called damaged', () => {
	const tree = emptyTree();
	const image = oddImages.single!('one');
	push(tree, 'app', 'latest', image);
	const [first, second] = image.blobs;

	const scan = assess(listingOf(tree), {
		role: 'authoritative',
		hashed: [
			{digest: first!.digest, state: 'unread'},
			{digest: second!.digest, state: 'gone'},
		],
	});

	expect(scan).toMatchObject({complete: false, findings: []});
	expect(scan.gaps).toEqual([
		`1 blob could not be hashed, ${first!.digest} among them`,
		`1 blob gone before hashing, ${second!.digest} among them`,
	]);
});
