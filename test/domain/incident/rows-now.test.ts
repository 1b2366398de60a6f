import fc from 'fast-check';
import {expect, test} from 'vitest';
import {itemsOf} from '../../../src/domain/incident/item.ts';
import type {PlanRow, Prepared} from '../../../src/domain/incident/plan-row.ts';
import {settledItems} from '../../../src/domain/incident/rows-now.ts';

const prepared = {changes: [], destructive: 0} as unknown as Prepared;

function row(id: string, remedy: string, more: Partial<PlanRow> = {}): PlanRow {
	const isLeft = remedy === 'leave';
	return {
		id,
		title: id,
		remedies: [],
		remedy,
		recommended: remedy,
		after: [],
		values: {},
		...(isLeft ? {} : {prepared}),
		...more,
	};
}

const rebuilds = (...rows: string[]) => ({rows, remedies: ['rebuild-ci']});
const images = ['early', 'aside:1', 'aside:2', 'restart', 'infra-ci', 'web'] as const;
const store = (now: string) =>
	[
		row('early', 'relink'),
		row('aside:1', 'move-aside', {onlyWith: rebuilds('infra-ci')}),
		row('aside:2', 'move-aside', {onlyWith: rebuilds('web')}),
		row('restart', 'restart', {after: ['early'], waitsFor: ['aside:1', 'aside:2']}),
		row('infra-ci', 'rebuild-ci', {
			after: ['restart'],
			remedies: [{remedy: 'rebuild-ci', possible: true, after: ['aside:1']}],
		}),
		row('web', 'rebuild-ci', {
			after: ['restart'],
			remedies: [{remedy: 'rebuild-ci', possible: true, after: ['aside:2', 'infra-ci']}],
		}),
	].map(each => (each.id === now ? {...each, now: true as const} : each));
const split = (now: string) => {
	const {items, putOff} = settledItems(store(now));
	return [items.map(each => each.row), putOff.map(each => each.row)];
};

test('an image now takes its bad data, the restart and what goes before that with it, and nothing of other images', () => {
	expect(split('infra-ci')).toEqual([
		['early', 'aside:1', 'restart', 'infra-ci'],
		['aside:2', 'web'],
	]);
	expect(split('web'), 'it is built from the other').toEqual([[...images], []]);
});

test('what needs nothing is done by itself; bad data takes the image that stores it anew with it', () => {
	expect(split('early')[0]).toEqual(['early']);
	expect(split('aside:1')[0]).toEqual(['early', 'aside:1', 'restart', 'infra-ci']);
	expect(split('none'), 'without a mark all is done').toEqual([[...images], []]);
});

const numbers = fc.array(fc.nat(9), {maxLength: 2});
const plans = fc
	.array(fc.record({needs: numbers, waits: numbers, partners: numbers, isLeft: fc.nat(5), now: fc.nat(3)}), {
		minLength: 1,
		maxLength: 9,
	})
	.map(drafts =>
		drafts.map(({needs, waits, partners, isLeft, now}, at) => {
			const above = (some: number[]) => [...new Set(some.filter(each => each < at).map(String))];
			const others = [...new Set(partners.filter(each => each !== at && each < drafts.length).map(String))];
			return row(String(at), isLeft === 0 ? 'leave' : 'mend', {
				after: above(needs),
				waitsFor: above(waits),
				...(others.length > 0 && {onlyWith: {rows: others, remedies: ['mend']}}),
				...(isLeft > 0 && now === 0 && {now: true as const}),
			});
		}),
	);

test('whatever is marked: what is done now has all that it has in the whole plan to do first, and the rest is put off', () => {
	let halves = 0;
	fc.assert(
		fc.property(plans, rows => {
			const whole = itemsOf(rows);
			const {items, putOff} = settledItems(rows);
			const marked = rows.filter(({now}) => now);
			const rowOf = (some: typeof items, id: string) => some.find(each => each.id === id)!.row;
			for (const item of items) {
				const same = whole.find(each => each.row === item.row)!;
				expect(item.after.map(id => rowOf(items, id))).toEqual(same.after.map(id => rowOf(whole, id)));
			}

			expect([...items, ...putOff].map(each => each.row).sort()).toEqual(whole.map(each => each.row).sort());
			for (const {id} of marked.filter(each => whole.some(item => item.row === each.id))) {
				expect(items.map(each => each.row)).toContain(id);
			}

			halves += items.length > 0 && putOff.length > 0 ? 1 : 0;
		}),
		{numRuns: 500, seed: 15, endOnFailure: true},
	);
	expect(halves).toBeGreaterThan(50);
});
