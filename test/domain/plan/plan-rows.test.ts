import {expect, test} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {readRows} from '../../../src/domain/incident/plan-row.ts';
import {toJson} from '../../../src/domain/json.ts';
import {type PreparedItem, planItems} from '../../../src/domain/plan/items.ts';
import type {PlanImage, PlanRemedy} from '../../../src/domain/plan/plan.ts';
import {planRows} from '../../../src/domain/plan/plan-rows.ts';
import type {DamagedRow} from '../../../src/domain/plan/rows.ts';
import {settings} from '../../support/fake-ports.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const host = 'registry.example';

type Given = {repository: string; recommended: PlanRemedy; first?: true; runsIn?: string[]; from?: string[]};

function rowsOf(given: Given[], {restarts, restart}: {restarts: boolean; restart: boolean}) {
	const images = given.map(
		({repository, recommended}): PlanImage => ({
			id: repository,
			repository,
			digest,
			tags: ['latest'],
			platforms: {whole: [], lost: []},
			findings: ['child-swept'],
			usedBy: null,
			recommended,
			remedies: (['relink', 'rebuild-ci', 'rebuild-command', 'rebuild-fallback', 'leave'] as const).map(remedy => ({
				remedy,
				possible: true,
				why: '',
			})),
		}),
	);
	const rows = given.map(
		({runsIn = [], from = []}, n): DamagedRow => ({
			image: images[n] as DamagedImage,
			findings: [],
			settings: {...settings, runsIn, from},
			siblings: [],
			need: 'other',
		}),
	);
	const prepared = given.flatMap(({repository: image, recommended: remedy, first}): PreparedItem[] =>
		remedy === 'leave' || remedy === 'restart'
			? []
			: [
					{
						image,
						remedy,
						changes: first ? [{type: 'store-manifest', repository: image, digest}] : [],
						undo: '',
						needs: [],
					},
				],
	);
	const items = planItems(prepared, restart ? {undo: ''} : undefined);
	return planRows(
		{document: {images, items}, rows, restarts},
		{
			host,
			taken: 12,
			referenceTo: image => ({host, repository: image.repository, tag: 'latest'}),
		},
	);
}

const told = (rows: ReturnType<typeof rowsOf>) => rows.map(({id, recommended, after}) => [id, recommended, after]);

test('what only stores manifests comes before the one restart, and everything else after it', () => {
	const rows = rowsOf(
		[
			{repository: 'ci', recommended: 'rebuild-ci'},
			{repository: 'web', recommended: 'relink', first: true},
			{repository: 'old', recommended: 'leave'},
		],
		{restarts: true, restart: true},
	);

	expect(told(rows)).toEqual([
		['web', 'relink', []],
		['restart', 'restart', ['web']],
		['ci', 'rebuild-ci', ['restart']],
		['old', 'leave', ['restart']],
	]);
	expect(rows[0]!.remedies.find(({remedy}) => remedy === 'rebuild-ci')!.possible).toBe(false);
	expect(rows[1]!.since).toBe(12);
	expect(readRows(toJson(rows), ['restart', 'relink', 'rebuild-ci'])).toMatchObject({ok: true});
});

test('a row that a pipeline of another runs in stands above it, and is waited for only where that is rebuilt in CI', () => {
	const rows = rowsOf(
		[
			{repository: 'web', recommended: 'relink', runsIn: ['ci']},
			{repository: 'ci', recommended: 'rebuild-ci', runsIn: ['ci']},
		],
		{restarts: false, restart: false},
	);

	expect(told(rows)).toEqual([
		['ci', 'rebuild-ci', []],
		['web', 'relink', []],
	]);
	expect(rows[1]!.remedies.map(({remedy, after}) => [remedy, after])).toEqual([
		['relink', undefined],
		['rebuild-ci', ['ci']],
		['rebuild-command', ['ci']],
		['rebuild-fallback', undefined],
		['leave', undefined],
	]);
});

test('a row that another says it is built FROM stands above it, and every rebuild of that waits for it', () => {
	const rows = rowsOf(
		[
			{repository: 'web', recommended: 'rebuild-command', from: ['base', 'web']},
			{repository: 'base', recommended: 'rebuild-ci'},
		],
		{restarts: false, restart: false},
	);

	expect(rows.map(({id}) => id)).toEqual(['base', 'web']);
	expect(rows[1]!.remedies.map(({remedy, after}) => [remedy, after])).toEqual([
		['relink', undefined],
		['rebuild-ci', ['base']],
		['rebuild-command', ['base']],
		['rebuild-fallback', ['base']],
		['leave', undefined],
	]);
});

test('where nothing of the plan needs the restart, its row is there to be chosen, and is not recommended', () => {
	const rows = rowsOf([{repository: 'web', recommended: 'leave'}], {restarts: true, restart: false});

	expect(told(rows)).toEqual([
		['restart', 'leave', []],
		['web', 'leave', ['restart']],
	]);
});

test('an image that the restart alone repairs is no second restart', () => {
	const [, row] = rowsOf([{repository: 'web', recommended: 'restart'}], {restarts: true, restart: true});

	expect(row).toMatchObject({id: 'web', recommended: 'leave'});
});

const sibling = (name: string, letter: string) => ({
	...{
		name,
		digest: `sha256:${letter.repeat(64)}` as Digest,
		tags: [name],
		platforms: [],
		age: 'older' as const,
		say: `it is ${name}`,
	},
});
const pointable = (possible: boolean): PlanImage => ({
	...{
		id: 'web',
		repository: 'web',
		digest,
		tags: ['latest'],
		platforms: {whole: [], lost: []},
		findings: ['child-swept'],
	},
	...{usedBy: null, recommended: 'leave', siblings: [sibling('1.4', 'b'), sibling('1.3', 'c')]},
	remedies: (['re-point', 'leave'] as const).map(remedy => ({
		remedy,
		possible: possible || remedy === 'leave',
		why: '',
	})),
});

test.each([
	['every other image than the newest', true, ['re-point', 're-point:1.3', 'leave']],
	['every image, where none is the newest,', false, ['re-point', 're-point:1.4', 're-point:1.3', 'leave']],
])('%s is a remedy of its own in the row, with what the tag names then', (_, possible, remedies) => {
	const [row] = planRows(
		{
			document: {images: [pointable(possible)], items: []},
			rows: [{image: pointable(possible) as DamagedImage, findings: [], settings, siblings: [], need: 'other'}],
			restarts: false,
		},
		{host, referenceTo: image => ({host, repository: image.repository, tag: 'latest'})},
	);

	expect(row!.remedies.map(({remedy}) => remedy)).toEqual(remedies);
	const read = readRows(toJson([row!]), ['re-point']);
	expect(read).toMatchObject({ok: true});
	const last = read.ok ? read.rows[0]!.remedies.find(each => each.remedy === 're-point:1.3') : undefined;
	expect(last).toMatchObject({
		possible: true,
		why: 'It is 1.3.',
		values: {to: `${host}/web:1.3@sha256:${'c'.repeat(64)}`},
	});
});
