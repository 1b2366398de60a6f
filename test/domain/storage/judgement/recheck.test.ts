import {describe, expect, it} from 'vitest';
import {assess} from '../../../../src/domain/storage/judgement/model.ts';
import {confirm, type Rechecked, suspects} from '../../../../src/domain/storage/judgement/recheck.ts';
import {
	blobData,
	blobFolder,
	currentLink,
	layersFolder,
	revisionLink,
} from '../../../../src/domain/storage/listing/paths.ts';
import {damages, here, pushVictim, type Victim} from '../../../support/store-damage.ts';
import {emptyTree, listingOf, push, remove, type StoreTree, takenAt, write} from '../../../support/store-tree.ts';

/** What `stat` would say now. */
function lookAgain(tree: StoreTree, paths: readonly string[]): Map<string, Rechecked> {
	return new Map(
		paths.map((path): [string, Rechecked] => {
			const file = tree.files.get(path);
			const folder = tree.folders.get(path);
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
	const paths = suspects(scan, listing);
	meanwhile(tree, victim);
	return {scan, listing, paths, victim, confirmed: confirm(scan, listing, lookAgain(tree, paths))};
}

it.each(Object.keys(damages))('%s: what is still so is told as it was', damage => {
	const {scan, paths, confirmed} = scene(damage);

	expect(paths.length).toBeGreaterThan(0);
	expect(confirmed).toEqual(scan);
});

describe('what changed while the store was read is no finding, and the scan is not complete', () => {
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

	it('a folder of layers that a push made anew', () => {
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

it('a tag that was removed meanwhile is nobody’s trouble any more', () => {
	const {confirmed} = scene('a child loses its link', tree => {
		remove(tree, currentLink(here, 'v1'));
		remove(tree, currentLink(here, 'v2'));
	});

	expect(confirmed).toMatchObject({complete: true, findings: [], gaps: []});
});

it.each([[{state: 'unread' as const}], [undefined]])(
	'what could not be looked at again (%j) is not told as if it had been',
	answer => {
		const tree = emptyTree();
		const victim = pushVictim(tree, 0);
		damages['a child is swept']!(tree, victim);
		const listing = listingOf(tree);
		const scan = assess(listing, {role: 'authoritative'});
		const paths = suspects(scan, listing);

		for (const path of paths) {
			const again = lookAgain(tree, paths);
			again.delete(path);
			if (answer !== undefined) {
				again.set(path, answer);
			}

			const confirmed = confirm(scan, listing, again);
			expect(confirmed.complete, path).toBe(false);
			expect(confirmed.gaps.join(), path).toContain('could not be looked at again');
		}
	},
);

it('a push in the same image beside a fault leaves the fault standing', () => {
	const tree = emptyTree();
	const victim = pushVictim(tree, 1);
	remove(tree, blobFolder(victim.layer));
	const listing = listingOf(tree);
	const scan = assess(listing, {role: 'authoritative'});
	push(tree, 'another', 'latest', {manifests: victim.image.manifests.slice(0, 1), blobs: []});
	remove(tree, blobData(victim.layer));

	expect(confirm(scan, listing, lookAgain(tree, suspects(scan, listing))).findings).toEqual(scan.findings);
});
