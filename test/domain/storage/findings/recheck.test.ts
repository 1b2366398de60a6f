import {describe, expect, it} from 'vitest';
import {parseDigest} from '../../../../src/domain/image/digest.ts';
import {faultKinds} from '../../../../src/domain/image/fault.ts';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import {confirm, pathsToRecheck} from '../../../../src/domain/storage/findings/recheck.ts';
import type {PathState} from '../../../../src/domain/storage/listing/listing.ts';
import {
	blobData,
	blobFolder,
	currentLink,
	layerLink,
	layersFolder,
	revisionLink,
} from '../../../../src/domain/storage/listing/paths.ts';
import {damages, here, pushVictim, type Victim} from '../../../support/store-damage.ts';
import {emptyTree, listingOf, push, remove, type StoreTree, takenAt, write} from '../../../support/store-tree.ts';

/** What `stat` would say now. */
function lookAgain(tree: StoreTree, paths: readonly string[]): Map<string, PathState> {
	return new Map(
		paths.map((path): [string, PathState] => {
			const file = tree.files.get(path);
			const folder = tree.folders.get(path);
			const obstacle = tree.obstacles.get(path);
			if (obstacle !== undefined && obstacle !== 'nothing') {
				return [path, {state: 'there', size: 4096, changed: takenAt, ...(obstacle === 'file' ? {} : {is: obstacle})}];
			}

			const there = file ? {size: file.bytes.length, changed: file.changed} : {size: 4096, changed: folder ?? 0};
			return [path, file || folder !== undefined ? {state: 'there', ...there} : {state: 'gone'}];
		}),
	);
}

function scene(damage: string, meanwhile: (tree: StoreTree, victim: Victim) => void = () => {}) {
	const tree = emptyTree();
	const victim = pushVictim(tree, 0);
	const {hashed = []} = damages[damage]!(tree, victim);
	const listing = listingOf(tree);
	const scan = assess(listing, {role: 'authoritative', hashed});
	const paths = pathsToRecheck(scan, listing);
	meanwhile(tree, victim);
	return {scan, listing, paths, victim, confirmed: confirm(scan, listing, lookAgain(tree, paths))};
}

it.each(Object.keys(damages))('%s: a finding that still holds is kept unchanged', damage => {
	const {scan, paths, confirmed} = scene(damage);

	expect(paths.length).toBeGreaterThan(0);
	expect(confirmed).toEqual(scan);
});

describe('a change during the listing is no finding, and makes the scan incomplete:', () => {
	it('an upload that finished', () => {
		const {confirmed, victim} = scene('a layer is gone', (tree, {layer}) =>
			write(tree, blobData(layer), 'it', takenAt),
		);

		expect(confirmed).toMatchObject({complete: false, findings: []});
		expect(confirmed.gaps).toContain(`${here}: ${victim.layer} (layer-missing) changed while the store was read`);
	});

	it('a link that came back', () => {
		const {confirmed} = scene('a child loses its link', (tree, {child}) =>
			write(tree, revisionLink(here, child), child, takenAt),
		);

		expect(confirmed).toMatchObject({complete: false, findings: []});
	});

	it('a part of a swept child that was pushed again', () => {
		const {confirmed} = scene('a child is swept', (tree, {config}) => write(tree, blobData(config), 'it', takenAt));

		expect(confirmed).toMatchObject({complete: false, findings: []});
	});

	it('a folder _layers that a push created again', () => {
		const {confirmed} = scene('a repository loses its layers', tree =>
			write(tree, `${layersFolder(here)}/sha256/aa/link`, 'x', takenAt),
		);

		expect(confirmed).toMatchObject({complete: false, findings: []});
	});

	it('a tag that was pushed, while the tag beside it stays broken', () => {
		const {confirmed} = scene('a child loses its link', (tree, {image}) => {
			write(tree, currentLink(here, 'v2'), image.manifests.at(-1)!.digest, takenAt + 1);
		});

		expect(confirmed).toMatchObject({complete: false, findings: [{kind: 'child-unlinked', tags: ['v1']}]});
		expect(confirmed.gaps).toEqual([`${here}:v2 was pushed while the store was read`]);
	});
});

it('a finding whose tag was removed since is dropped', () => {
	const {confirmed} = scene('a child loses its link', tree => {
		remove(tree, currentLink(here, 'v1'));
		remove(tree, currentLink(here, 'v2'));
	});

	expect(confirmed).toMatchObject({complete: true, findings: [], gaps: []});
});

it.each([[{state: 'unread' as const}], [undefined]])(
	'a path that could not be read again (%j) is a gap, and makes the scan incomplete',
	answer => {
		const tree = emptyTree();
		const victim = pushVictim(tree, 0);
		damages['a child is swept']!(tree, victim);
		const listing = listingOf(tree);
		const scan = assess(listing, {role: 'authoritative'});
		const paths = pathsToRecheck(scan, listing);

		for (const path of paths) {
			const again = lookAgain(tree, paths);
			again.delete(path);
			if (answer !== undefined) {
				again.set(path, answer);
			}

			const confirmed = confirm(scan, listing, again);
			expect(confirmed.complete, path).toBe(false);
			expect(confirmed.gaps.join(), path).toContain('could not be read again');
		}
	},
);

it('a push elsewhere in the same image keeps the finding', () => {
	const tree = emptyTree();
	const victim = pushVictim(tree, 1);
	remove(tree, blobFolder(victim.layer));
	const listing = listingOf(tree);
	const scan = assess(listing, {role: 'authoritative'});
	push(tree, 'another', 'latest', {manifests: victim.image.manifests.slice(0, 1), blobs: []});
	remove(tree, blobData(victim.layer));

	expect(confirm(scan, listing, lookAgain(tree, pathsToRecheck(scan, listing))).findings).toEqual(scan.findings);
});

it.each(faultKinds)('%s: the data and a link of the digest are read again, whatever the listing has', kind => {
	const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
	const finding = {
		kind,
		repository: here,
		digest,
		tags: [],
		via: [],
		missing: [],
		remedy: 'inspect' as const,
		detail: '',
	};
	const listing = listingOf(emptyTree());

	const paths = pathsToRecheck({...assess(listing, {role: 'authoritative'}), findings: [finding]}, listing);

	expect(paths).toContain(blobData(digest));
	const isOfBlob = /^(?:config|layer|blob|diffid)-/.test(kind);
	expect(paths).toContain(isOfBlob ? layerLink(here, digest) : revisionLink(here, digest));
});
