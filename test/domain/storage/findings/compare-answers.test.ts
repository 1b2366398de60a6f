import {describe, expect, it} from 'vitest';
import type {Fault} from '../../../../src/domain/image/fault.ts';
import type {ImageCheck} from '../../../../src/domain/image/verdict.ts';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import {compareAnswers} from '../../../../src/domain/storage/findings/compare-answers.ts';
import {blobOf} from '../../../../src/drills/images/image.ts';
import {damages, here, pushVictim, type Victim} from '../../../support/store-damage.ts';
import {emptyTree, listingOf} from '../../../support/store-tree.ts';

function scene(damage?: string, unread: string[] = []) {
	const tree = emptyTree();
	const victim = pushVictim(tree, 0);
	const {hashed = []} = damage === undefined ? {} : damages[damage]!(tree, victim);
	return {victim, scan: assess(listingOf(tree, unread), {role: 'authoritative', hashed})};
}

function checkOf({root}: Victim, faults: Fault[], more: Partial<ImageCheck> = {}): ImageCheck {
	return {
		reference: `registry.example:5000/${here}:v1`,
		digest: root,
		verdict: faults.length === 0 ? 'intact' : 'broken',
		checked: {manifests: 1, blobs: 1},
		faults,
		unchecked: [],
		children: [],
		...more,
	};
}

const unheard = [
	'a layer rots',
	'a manifest rots after it was read',
	// No tag is left to ask for, or the tag is served.
	...Object.keys(damages).filter(name => /deleted|set back/.test(name)),
];

describe('the registry and its disk contradict each other where', () => {
	it.each(Object.keys(damages).filter(name => !unheard.includes(name)))(
		'%s, and the registry says it is whole',
		name => {
			const {victim, scan} = scene(name);

			const differing = compareAnswers([checkOf(victim, [])], scan);

			expect(differing.length).toBeGreaterThan(0);
			expect(differing).toMatchObject(
				scan.findings
					.filter(({repository, tags}) => repository === here && tags.includes('v1'))
					.map(({digest, tags, remedy}) => ({
						kind: 'answers-differ',
						repository: here,
						// A restart would make unpullable what only lacks its link.
						remedy: remedy === 'relink' ? 'relink' : 'restart',
						tags,
						...(digest ? {digest} : {}),
					})),
			);
		},
	);

	it('the registry still serves the size of a layer whose data is gone', () => {
		const {victim, scan} = scene('a layer is gone');
		const fault: Fault = {
			kind: 'blob-truncated',
			digest: victim.layer,
			via: [victim.root, victim.child],
			status: 206,
			detail: 'cut off',
		};

		expect(compareAnswers([checkOf(victim, [fault])], scan)).toMatchObject([
			{kind: 'answers-differ', digest: victim.layer, remedy: 'restart', tags: ['v1', 'v2']},
		]);
	});

	it('the registry does not serve a blob that the disk has', () => {
		const {victim, scan} = scene();
		const fault: Fault = {
			kind: 'layer-missing',
			digest: victim.layer,
			via: [victim.root, victim.child],
			status: 404,
			detail: 'blob unknown',
		};

		expect(compareAnswers([checkOf(victim, [fault])], scan)).toEqual([
			{
				kind: 'answers-differ',
				repository: here,
				digest: victim.layer,
				tags: ['v1'],
				via: [victim.root, victim.child],
				missing: [],
				remedy: 'restart',
				detail: 'over HTTP: HTTP 404 blob unknown; on the disk it is intact',
			},
		]);
	});
});

describe('no contradiction is reported for', () => {
	it.each([
		['a child is swept', 'child-missing', 'child'],
		['a layer is gone', 'layer-missing', 'layer'],
		['a layer loses its link', 'layer-missing', 'layer'],
		['a repository loses its layers', 'layer-missing', 'layer'],
		['a layer is emptied', 'blob-empty', 'layer'],
	] as const)('%s, and the registry says so (%s)', (name, kind, part) => {
		const {victim, scan} = scene(name);

		expect(
			compareAnswers([checkOf(victim, [{kind, digest: victim[part], via: [victim.root], detail: ''}])], scan),
		).toEqual([]);
	});

	it('a tag that neither can resolve', () => {
		const {victim, scan} = scene('what a tag names has no link');
		const {digest: _, ...check} = checkOf(victim, [{kind: 'tag-dangling', via: [], status: 404, detail: ''}]);

		expect(compareAnswers([check], scan)).toEqual([]);
	});

	it('a fault that only a hash can show', () => {
		const {victim, scan} = scene('a layer rots');

		expect(compareAnswers([checkOf(victim, [])], scan)).toEqual([]);
	});

	it('a part that the registry gave no answer for', () => {
		const {victim, scan} = scene('a layer is gone');
		const unchecked = [
			{digest: victim.layer, via: [victim.root], code: 'registry.unreachable' as const, message: '', hint: ''},
		];

		expect(compareAnswers([checkOf(victim, [], {verdict: 'unknown', unchecked})], scan)).toEqual([]);
	});

	it('an image that was pushed since the scan', () => {
		const {victim, scan} = scene('a layer is gone');

		expect(compareAnswers([checkOf(victim, [], {digest: blobOf('new').digest})], scan)).toEqual([]);
	});

	it('a fault where the disk was not read completely', () => {
		const {victim, scan} = scene(undefined, ['blobs']);

		expect(
			compareAnswers([checkOf(victim, [{kind: 'layer-missing', digest: victim.layer, via: [], detail: ''}])], scan),
		).toEqual([]);
	});
});

it.each(Object.keys(damages).filter(name => /set back/.test(name)))(
	'not where %s: what the tag names is served',
	name => {
		const {victim, scan} = scene(name);

		expect(scan.findings.map(({kind}) => kind)).toEqual(['tag-set-back']);
		expect(compareAnswers([checkOf(victim, [])], scan)).toEqual([]);
	},
);
