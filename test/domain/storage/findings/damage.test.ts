import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import type {Finding} from '../../../../src/domain/storage/findings/finding.ts';
import {pathsToRecheck} from '../../../../src/domain/storage/findings/recheck.ts';
import {blobData, parentFolder} from '../../../../src/domain/storage/listing/paths.ts';
import {healthyStores} from '../../../support/healthy-store.ts';
import {oddImages} from '../../../support/odd-images.ts';
import {type Damage, damages, type Expected, intended, pushVictim} from '../../../support/store-damage.ts';
import {emptyTree, listingOf, push, type StoreTree} from '../../../support/store-tree.ts';
import {tries} from '../../../support/sweep.ts';

const role = 'authoritative';

function shortened({kind, repository, digest, tags, remedy, since}: Finding): Expected {
	return {
		kind,
		repository,
		tags,
		remedy,
		...(digest === undefined ? {} : {digest}),
		...(since === undefined ? {} : {since}),
	};
}

function scanOf(tree: StoreTree, {hashed = []}: Partial<Damage> = {}, unread: string[] = []) {
	return assess(listingOf(tree, unread), {role, hashed});
}

const byRepository = (a: Expected, b: Expected) => (a.repository < b.repository ? -1 : 1);

it('an intact store has no finding, however unusual it is', () => {
	fc.assert(
		fc.property(healthyStores, tree => {
			expect(scanOf(tree)).toMatchObject({complete: true, findings: [], risks: [], gaps: []});
		}),
		{numRuns: tries(40)},
	);
});

describe('a finding has the kind, repository, digest, tags and remedy of the damage:', () => {
	it.each(Object.keys(damages))('%s', name => {
		fc.assert(
			fc.property(healthyStores, fc.nat({max: 2}), (tree, depth) => {
				const damage = damages[name]!(tree, pushVictim(tree, depth));

				const scan = scanOf(tree, damage);

				expect(scan.findings.map(shortened).sort(byRepository)).toEqual([...damage.expected].sort(byRepository));
				expect(scan.complete).toBe(true);
			}),
			{numRuns: 12},
		);
	});
});

describe('what was done on purpose is no finding:', () => {
	it.each(Object.keys(intended))('%s', name => {
		fc.assert(
			fc.property(healthyStores, fc.nat({max: 2}), (tree, depth) => {
				const {change, unlinked} = intended[name]!;
				change(tree, pushVictim(tree, depth));

				const {complete, findings, leftovers, restore} = scanOf(tree);

				expect({complete, findings, unlinked: leftovers?.unlinked ?? 0}).toEqual({
					complete: true,
					findings: [],
					unlinked,
				});
				expect(restore).toBeUndefined();
			}),
			{numRuns: 12},
		);
	});
});

it('no finding rests on a folder that could not be read', () => {
	const cases = fc
		.tuple(healthyStores, fc.nat({max: 2}), fc.constantFrom(...Object.keys(damages)))
		.chain(([healthy, depth, name]) => {
			const tree = {files: new Map(healthy.files), folders: new Map(healthy.folders), obstacles: new Map()};
			const damage = damages[name]!(tree, pushVictim(tree, depth));
			const folders = [...new Set([...tree.folders.keys(), ...[...tree.files.keys()].map(parentFolder)])];
			return fc.tuple(fc.constant({tree, damage}), fc.subarray(folders, {minLength: 1, maxLength: 3}));
		});

	fc.assert(
		fc.property(cases, ([{tree, damage}, unread]) => {
			const known = scanOf(tree, damage).findings;
			const partial = scanOf(tree, damage, unread);

			expect(partial.complete).toBe(false);
			for (const finding of partial.findings) {
				const whole = known.find(
					({repository, digest, tags}) =>
						repository === finding.repository &&
						digest === finding.digest &&
						(digest !== undefined || finding.tags.every(tag => tags.includes(tag))),
				);
				expect(whole, `${finding.kind} under ${unread.join(', ')}`).toBeDefined();
				expect(finding.tags.filter(tag => !whole!.tags.includes(tag))).toEqual([]);
				if (finding.kind !== whole!.kind) {
					expect([finding.kind, finding.remedy]).toEqual(['child-unlinked', 'inspect']);
				}
			}
		}),
		{numRuns: tries(80)},
	);
});

it('a part of an index that could not be read is no image that has vanished', () => {
	const tree = emptyTree();
	const {root} = pushVictim(tree, 2);
	damages['both repositories are deleted']!(tree, pushVictim(tree, 2));

	expect(scanOf(tree).findings.map(({kind, digest}) => [kind, digest])).toEqual([['repository-vanished', root]]);
	expect(scanOf(tree, {}, [parentFolder(parentFolder(blobData(root)))])).toMatchObject({complete: false, findings: []});
});

it('one lost layer in twenty thousand tags takes no longer than twenty thousand intact tags', () => {
	const tree = emptyTree();
	for (let at = 0; at < 20_000; at++) {
		push(tree, `team/app-${at % 100}`, `v${at}`, oddImages.single!(`${at}`));
	}

	const lost = oddImages.single!('0').blobs[1]!.digest;
	const listing = listingOf(tree);
	listing.blobs.delete(lost);
	listing.folders = new Map();
	// The time of this process alone: the machine may be busy with other tests.
	const before = process.cpuUsage();

	const scan = assess(listing, {role});
	const paths = pathsToRecheck(scan, listing);

	expect(process.cpuUsage(before).user / 1000).toBeLessThan(4000);
	expect(scan.findings).toHaveLength(100);
	expect(scan.findings.flatMap(({tags}) => tags)).toHaveLength(20_000);
	expect(paths.length).toBeGreaterThan(20_000);
});
