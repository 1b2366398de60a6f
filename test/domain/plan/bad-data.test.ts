import {describe, expect, it} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {type Item, itemsOf, newItem, standings} from '../../../src/domain/incident/item.ts';
import {type PlanRow, readRows} from '../../../src/domain/incident/plan-row.ts';
import {toJson} from '../../../src/domain/json.ts';
import {badDataOf} from '../../../src/domain/plan/bad-data.ts';
import {isReplaced, type PreparedItem, planItems} from '../../../src/domain/plan/items.ts';
import type {PlanImage} from '../../../src/domain/plan/plan.ts';
import {planRows} from '../../../src/domain/plan/plan-rows.ts';
import {rowOfItem} from '../../../src/domain/plan/row-id.ts';
import type {DamagedRow} from '../../../src/domain/plan/rows.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import {blobData} from '../../../src/domain/storage/listing/paths.ts';
import {settings} from '../../support/fake-ports.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const layer = digest('b');
const image = (repository: string, tags = ['latest']): DamagedImage => ({
	id: `${repository}@a`,
	repository,
	digest: digest('a'),
	tags,
	platforms: {whole: [], lost: []},
	findings: ['blob-empty'],
});
const finding = (repository: string, more: Partial<Finding> = {}): Finding => ({
	kind: 'blob-empty',
	repository,
	digest: layer,
	tags: ['latest'],
	via: [digest('a')],
	missing: [],
	remedy: 'rebuild',
	detail: '',
	aside: [{path: blobData(layer), is: 'damaged-data'}],
	...more,
});
const moves = (images: string[]) => ({
	digest: layer,
	images,
	changes: [{type: 'move-aside' as const, digest: layer, size: 0, images}],
	undo: 'put-back',
});
const prepared = (of: string, remedy: PreparedItem['remedy'] = 'rebuild-ci'): PreparedItem => ({
	image: of,
	remedy,
	changes: [{type: 'start-pipeline', repository: 'acme/infra', branch: 'main', cancels: []}],
	undo: '',
	needs: [],
});

describe('bad data', () => {
	it('is named once, with every image that uses it, also what no tag names; what is in the way of a link is none', () => {
		const rows = [
			{image: image('web'), findings: [finding('web')]},
			{image: image('app', ['1.0', 'latest']), findings: [finding('app'), finding('app', {kind: 'child-swept'})]},
			{image: image('api'), findings: [finding('api', {aside: [{path: blobData(digest('c')), is: 'folder'}]})]},
		];
		const leftover = finding('old', {tags: [], via: [digest('d')]});

		expect(badDataOf(rows, [leftover], () => 7)).toEqual([
			{
				digest: layer,
				size: 7,
				images: ['web@a', 'app@a'],
				names: ['app:1.0, latest', 'old@sha256:dddddddddddd', 'web:latest'],
				repositories: ['app', 'old', 'web'],
			},
		]);
		expect(badDataOf(rows, [leftover], () => undefined)).toEqual([]);
		expect(badDataOf([], [leftover], () => 7)).toEqual([]);
	});

	it.each<[string, PreparedItem[], boolean]>([
		['a rebuild of one of its images', [prepared('web@a')], true],
		['a copy-back of one of its images', [prepared('web@a', 'copy-back')], true],
		['a relink, which stores no data', [prepared('web@a', 'relink')], false],
		['a tag that is pointed elsewhere', [prepared('web@a', 're-point')], false],
		['a removal', [prepared('web@a', 'remove')], false],
		['a rebuild of another image', [prepared('api@a')], false],
		['nothing', [], false],
	])('with %s in the plan: whether it has a replacement', (_, items, is) => {
		expect(isReplaced({images: ['web@a', 'app@a']}, items)).toBe(is);
	});

	it('is moved before the restart, and what stores its images anew waits for both; others wait for the restart alone', () => {
		const items = planItems([prepared('web@a'), prepared('other')], {undo: ''}, [moves(['web@a'])]);

		expect(items.map(({id, remedy, image: of, after}) => [id, remedy, of, after])).toEqual([
			['1', 'move-aside', null, []],
			['2', 'restart', null, ['1']],
			['3', 'rebuild-ci', 'web@a', ['1', '2']],
			['4', 'rebuild-ci', 'other', ['2']],
		]);
		expect(items[0]!.destructive).toBe(true);
		expect(items.map(rowOfItem)).toEqual(['aside:bbbbbbbbbbbb', 'restart', 'web@a', 'other']);
	});
});

describe('the row of bad data', () => {
	const rows = (chosen: boolean) =>
		planRows(
			{
				document: {
					images: [
						{
							...(image('web') as PlanImage),
							usedBy: null,
							recommended: 'rebuild-ci',
							remedies: [
								{remedy: 'rebuild-ci', possible: true, why: ''},
								{remedy: 'relink', possible: true, why: ''},
							],
						},
					],
					items: planItems([prepared('web@a')], {undo: ''}, [moves(['web@a'])]),
				},
				rows: [{image: image('web'), findings: [finding('web')], settings, siblings: [], need: 'other'} as DamagedRow],
				restarts: true,
				asides: [
					{
						digest: layer,
						size: 0,
						images: ['web@a'],
						names: ['web:latest'],
						repositories: ['web'],
						possible: true,
						isChosen: chosen,
						why: '',
					},
				],
				backs: [{digest: digest('c'), size: 3}],
			},
			{
				host: 'registry.example',
				referenceTo: ({repository}) => ({host: 'registry.example', repository, tag: 'latest'}),
			},
		);

	it('stands above the restart, which waits for it however it ends; the rebuild needs it, and the way back is the last', () => {
		const [aside, restart, web, back] = rows(true);

		expect(aside).toMatchObject({id: 'aside:bbbbbbbbbbbb', recommended: 'move-aside', images: ['web:latest']});
		expect(restart).toMatchObject({id: 'restart', after: [], waitsFor: ['aside:bbbbbbbbbbbb']});
		expect(restart!.since).toBeUndefined();
		expect(web!.after).toEqual(['restart']);
		expect(web!.remedies.map(each => each.after)).toEqual([['aside:bbbbbbbbbbbb'], undefined]);
		expect(back).toMatchObject({id: 'back:cccccccccccc', recommended: 'leave', remedies: [{remedy: 'put-back'}]});
		expect(rows(false)[0]).toMatchObject({recommended: 'leave'});
	});

	const settled = (remedy: string): Item[] => {
		const read = readRows(toJson(rows(true)), ['move-aside', 'put-back', 'restart', 'rebuild-ci', 'relink']);
		if (!read.ok) {
			throw new Error(read.why);
		}

		const facts = {action: '', effect: 'write', success: [], atOnce: 1, with: {}, target: '', undo: ''} as const;
		const chosen = read.rows.map((row): PlanRow => {
			const own = row.id === 'web@a' ? remedy : row.remedy;
			return own === 'leave'
				? {...row, remedy: own}
				: {...row, remedy: own, prepared: {...facts, success: [], remedy: own, changes: [], destructive: 0}};
		});
		return itemsOf(chosen).map(newItem);
	};
	const ended = (item: Item, outcome: 'done' | 'failed' | 'skipped'): Item => ({
		...item,
		state: {kind: 'ended', outcome, say: '', at: '', values: {}},
	});

	it('is carried out only with something that stores one of its images anew', () => {
		expect(settled('rebuild-ci').map(({row}) => row)).toEqual(['aside:bbbbbbbbbbbb', 'restart', 'web@a']);
		expect(settled('relink').map(({row}) => row)).toEqual(['restart', 'web@a']);
		expect(settled('leave').map(({row}) => row)).toEqual(['restart']);
	});

	it('is not begun once that was skipped or has failed; where it fails itself, the restart goes on and the rebuild does not', () => {
		const [aside, restart, web] = settled('rebuild-ci') as [Item, Item, Item];
		const told = (...items: Item[]) => Object.fromEntries(standings(items));

		expect(told(aside, restart, web)).toEqual({1: 'ready', 2: 'blocked', 3: 'blocked'});
		expect(told(aside, restart, ended(web, 'skipped'))).toEqual({1: 'doomed', 2: 'ready'});
		expect(told(ended(aside, 'failed'), restart, web)).toEqual({2: 'ready', 3: 'doomed'});
		expect(told(ended(aside, 'done'), ended(restart, 'done'), web)).toEqual({3: 'ready'});
	});
});
