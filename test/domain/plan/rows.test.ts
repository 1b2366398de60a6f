import {describe, expect, it} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {inOrderOfNeed, type Need} from '../../../src/domain/plan/need.ts';
import {type DamagedRow, weighRow} from '../../../src/domain/plan/rows.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import {settings} from '../../support/fake-ports.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const image: DamagedImage = {
	id: 'app@000000000000',
	repository: 'app',
	digest: digest('0'),
	tags: ['latest'],
	platforms: {whole: [], lost: ['linux/amd64']},
	findings: ['child-swept'],
};
const swept: Finding = {
	kind: 'child-swept',
	repository: 'app',
	digest: digest('1'),
	tags: ['latest'],
	via: [digest('0')],
	missing: [digest('2')],
	remedy: 'rebuild',
	detail: '',
};
const unlinked: Finding = {
	...swept,
	kind: 'child-unlinked',
	missing: [],
	remedy: 'relink',
	plan: {complete: true, parts: [{digest: digest('1'), role: 'manifest', where: 'disk', size: 10}]},
};
const sibling = {tags: ['older'], wasNamed: false, digest: digest('3'), platforms: [], age: 'older' as const};
const row = (more: Partial<DamagedRow> = {}): DamagedRow => ({
	image,
	findings: [swept],
	settings,
	siblings: [],
	need: 'other',
	...more,
});
const known = {known: 'whole', restarts: false} as const;
const possible = (weighed: ReturnType<typeof weighRow>) =>
	weighed.remedies.filter(each => each.possible).map(({remedy}) => remedy);

describe('the remedies of a damaged image in a plan', () => {
	it('begin with the recommended one, and each says why it is possible or not', () => {
		const weighed = weighRow(row(), known);

		expect(weighed.recommended).toMatch(/^rebuild-/);
		expect(weighed.remedies[0]!.remedy).toBe(weighed.recommended);
		expect(weighed.remedies.every(({why}) => why !== '')).toBe(true);
		expect(possible(weighed)).toContain('leave');
	});

	it('hold no removal where an approved delete met a registry that accepts none, but what to configure', () => {
		const remove = (more: Partial<DamagedRow>) =>
			weighRow(row(more), known).remedies.find(({remedy}) => remedy === 'remove');

		expect(remove({})).toMatchObject({possible: true});
		expect(remove({isDeleteRefused: true})).toMatchObject({
			possible: false,
			why: expect.stringContaining('Add storage.delete.enabled: true'),
		});
	});

	it('are a relink where everything is still on the disk, and no re-point then', () => {
		const weighed = weighRow(row({findings: [unlinked], siblings: [sibling]}), known);

		expect(weighed.recommended).toBe('relink');
		expect(possible(weighed)).not.toContain('re-point');
	});

	it('offer another image under the tag, and never recommend it where the tag’s history does not say so', () => {
		const {pipeline: _, fallback: __, ...bare} = settings;
		const weighed = weighRow(row({settings: bare, siblings: [sibling]}), known);

		expect(possible(weighed)).toEqual(expect.arrayContaining(['re-point', 'leave']));
		expect(weighed.recommended).toBe('leave');
	});

	it('name the newest of several images under the tag, and list all of them with age, platforms and digest', () => {
		const older = {
			...sibling,
			tags: ['1.3', 'stable'],
			digest: digest('4'),
			platforms: ['linux/amd64'],
			tagged: '2026-03-01T00:00:00Z',
		};
		const newer = {...sibling, tags: ['1.4'], tagged: '2026-04-01T00:00:00Z'};

		const weighed = weighRow(row({siblings: [newer, older]}), known);

		expect(weighed.remedies.find(({remedy}) => remedy === 're-point')).toMatchObject({
			possible: true,
			why: expect.stringContaining('The newest is 1.4'),
		});
		expect(weighed.siblings?.map(each => [each.name, each.digest])).toEqual([
			['1.4', digest('3')],
			['1.3', digest('4')],
		]);
		expect(weighed.siblings?.[1]?.say).toMatch(/also stable; linux\/amd64; tagged .*older/);
	});

	it.each([
		['equal times', '2026-04-01T00:00:00Z'],
		['no times', undefined],
	])('leave it to a person which of several images it is, with %s', (_, tagged) => {
		const at = tagged === undefined ? {} : {tagged};
		const siblings = [
			{...sibling, ...at},
			{...sibling, ...at, digest: digest('4'), tags: ['1.3']},
		];

		const weighed = weighRow(row({siblings}), known);

		expect(weighed.remedies.find(({remedy}) => remedy === 're-point')).toMatchObject({
			possible: false,
			why: expect.stringContaining('the times do not tell'),
		});
		expect(weighed.siblings).toHaveLength(2);
	});

	it('are only a relink, or nothing, where not everything could be read', () => {
		const incomplete = {known: 'partly', restarts: false} as const;

		expect(possible(weighRow(row({siblings: [sibling]}), incomplete))).toEqual(['leave']);
		expect(possible(weighRow(row({findings: [unlinked]}), incomplete))).toEqual(['relink', 'leave']);
	});

	it('build nothing for an image that no tag names', () => {
		const weighed = weighRow(row({image: {...image, tags: []}}), known);

		expect(possible(weighed)).toEqual(['leave', 'remove']);
	});

	it('offer to remove it, as the last and never recommended; not where an index names it, or not all of the damage is known', () => {
		const removal = (
			given: Partial<Parameters<typeof weighRow>[0]>,
			of: Parameters<typeof weighRow>[1]['known'] = 'whole',
		) => weighRow(row(given), {...known, known: of}).remedies.at(-1);

		expect(removal({use: 'No use found in: pods.'})).toMatchObject({
			...{remedy: 'remove', possible: true},
			why: expect.stringContaining('No use found in: pods.'),
		});
		expect(removal({parents: [image.digest!]})).toMatchObject({
			possible: false,
			why: expect.stringContaining('as a child'),
		});
		expect(removal({}, 'partly')).toMatchObject({possible: false});
		expect(removal({settings: {...settings, role: 'cache'}})?.remedy).not.toBe('remove');
	});

	it('are a restart of the registry only where its memory alone is wrong', () => {
		const differs: Finding = {...swept, kind: 'answers-differ', missing: [], remedy: 'restart'};

		const restartable = {...settings, restart: 'systemctl restart registry'};
		expect(weighRow(row({findings: [differs], settings: restartable}), known).recommended).toBe('restart');
		expect(weighRow(row({findings: [differs, swept]}), known).remedies.map(({remedy}) => remedy)).not.toContain(
			'restart',
		);
	});
});

it('the image that CI runs in comes first, then those of pipelines, then the reported one; the rest keeps its order', () => {
	const needs: Record<string, Need> = {a: 'other', b: 'reported', c: 'pipelines', d: 'ci-own', e: 'other'};
	const rows = Object.keys(needs).map(id => ({image: {...image, id}}));

	expect(inOrderOfNeed(rows, ({image: {id}}) => needs[id]!).map(each => each.image.id)).toEqual([
		'd',
		'c',
		'b',
		'a',
		'e',
	]);
});
