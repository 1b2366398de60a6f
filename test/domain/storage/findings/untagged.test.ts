import {describe, expect, it} from 'vitest';
import {assess, otherOrphans} from '../../../../src/domain/storage/findings/assess.ts';
import {damagesImage} from '../../../../src/domain/storage/findings/finding.ts';
import {blobFolder, currentLink, revisionFolder, tagFolder} from '../../../../src/domain/storage/listing/paths.ts';
import {buildx} from '../../../support/odd-images.ts';
import {emptyTree, listingOf, push, remove, rootOf, type StoreTree, write} from '../../../support/store-tree.ts';

const repository = 'acme/app';
const old = buildx('old');
const digest = rootOf(old).digest;
const layer = old.blobs[1]!.digest;
const role = 'authoritative';

/** A repository whose tag has moved on from an image. */
function moved(): StoreTree {
	const tree = emptyTree();
	push(tree, repository, 'v1', old);
	push(tree, repository, 'v1', buildx('new'));
	return tree;
}

describe('a damaged image that no tag names', () => {
	it('is a leftover and no finding: nothing is broken, and no follow-up asks for it', () => {
		const tree = moved();
		remove(tree, blobFolder(layer));

		const scan = assess(listingOf(tree), {role});

		expect(scan).toMatchObject({
			complete: true,
			findings: [],
			leftovers: {images: 1, findings: [{kind: 'layer-missing', digest: layer, tags: []}]},
		});
		expect(otherOrphans(scan, {repository: 'other', tag: 'v1'})).toEqual([]);
	});

	it('counts once, however many of its parts are damaged', () => {
		const tree = moved();
		for (const blob of old.blobs) {
			remove(tree, blobFolder(blob.digest));
		}

		expect(assess(listingOf(tree), {role}).leftovers).toMatchObject({images: 1, findings: {length: old.blobs.length}});
	});

	it('is a finding as soon as a tag shares the damage', () => {
		const tree = moved();
		push(tree, repository, 'v0', old);
		remove(tree, blobFolder(layer));

		expect(assess(listingOf(tree), {role})).toMatchObject({
			findings: [{kind: 'layer-missing', tags: ['v0']}],
			leftovers: {images: 0, findings: []},
		});
	});
});

describe('a digest that was asked for', () => {
	const ask = (tree: StoreTree, asked = digest) =>
		assess(listingOf(tree), {role, asked: {repository, digest: asked}}).findings;

	it('is damaged although no tag names it', () => {
		const tree = moved();
		remove(tree, blobFolder(layer));

		const findings = ask(tree);

		expect(findings).toMatchObject([{kind: 'layer-missing', digest: layer, tags: [], asked: true}]);
		expect(findings.every(finding => damagesImage(finding, {repository, digest}))).toBe(true);
	});

	it('is missing where neither its link nor its data is there, in a repository or without one', () => {
		const tree = moved();
		remove(tree, revisionFolder(repository, digest));
		remove(tree, blobFolder(digest));

		expect(ask(tree)).toMatchObject([{kind: 'child-missing', digest, remedy: 'rebuild', asked: true}]);
		expect(ask(emptyTree())).toMatchObject([{kind: 'child-missing', digest, asked: true}]);
	});

	it('is relinked where only its own link is gone', () => {
		const tree = moved();
		remove(tree, revisionFolder(repository, digest));

		expect(ask(tree)).toMatchObject([{kind: 'child-unlinked', digest, remedy: 'relink', plan: {complete: true}}]);
	});

	it('is whole where every part is there', () => {
		expect(ask(moved())).toEqual([]);
	});

	it('has the tags of a tagged image, and the damage of others stays that of others', () => {
		const tree = moved();
		push(tree, repository, 'v0', old);
		push(tree, 'other', 'v1', buildx('other'));
		remove(tree, blobFolder(layer));
		remove(tree, blobFolder(buildx('other').blobs[1]!.digest));

		const scan = assess(listingOf(tree), {role, asked: {repository, digest}});

		expect(scan.findings.filter(finding => damagesImage(finding, {repository, digest}))).toMatchObject([
			{kind: 'layer-missing', digest: layer, tags: ['v0']},
		]);
		expect(otherOrphans(scan, {repository, digest})).toMatchObject([{repository: 'other'}]);
	});
});

describe('a tag without a link', () => {
	const entry = (of: string) => `${tagFolder(repository, 'v1')}/index/${of.replace(':', '/')}/link`;
	const historyOf = (tree: StoreTree) => {
		remove(tree, currentLink(repository, 'v1'));
		const [finding] = assess(listingOf(tree), {role}).findings;
		return {remedy: finding?.remedy, digests: finding?.history?.map(past => past.digest), plan: finding?.plan};
	};
	const newest = rootOf(buildx('new')).digest;

	it('names its history newest first, by when each entry was last written', () => {
		const tree = moved();
		write(tree, entry(digest), digest, 1_660_000_000);

		expect(historyOf(tree)).toMatchObject({remedy: 're-point', digests: [digest, newest]});
	});

	it('leaves out what is damaged', () => {
		const tree = moved();
		remove(tree, blobFolder(buildx('new').blobs[1]!.digest));

		expect(historyOf(tree)).toMatchObject({remedy: 're-point', digests: [digest]});
	});

	it('is relinked with its image, where that has lost its link as well', () => {
		const tree = moved();
		remove(tree, blobFolder(buildx('new').blobs[1]!.digest));
		remove(tree, revisionFolder(repository, digest));

		expect(historyOf(tree)).toMatchObject({remedy: 'relink', plan: {complete: true, retag: ['v1']}});
	});

	it('is looked at by a person where not everything could be read', () => {
		const tree = moved();
		remove(tree, currentLink(repository, 'v1'));

		const [finding] = assess(listingOf(tree, ['repositories/closed']), {role}).findings;

		expect(finding).toMatchObject({kind: 'tag-dangling', remedy: 'inspect', history: {length: 2}});
	});
});
