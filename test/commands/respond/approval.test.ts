import {expect, it} from 'vitest';
import {checkApproval} from '../../../src/commands/respond/approval.ts';
import type {Plan} from '../../../src/domain/plan/plan.ts';

const sha256 = 'ab'.repeat(32);
const made = Date.parse('2026-04-19T03:00:00Z');
const minutes = (n: number) => new Date(made + n * 60_000);
const digest = (hex: string) => `sha256:${hex.repeat(64)}`;

/** @param lies what the plan says of itself */
function planWith(destructive: number, until = minutes(240), lies = destructive): Plan {
	const change = {type: 'point-tag', repository: 'a', tag: '1', from: digest('1'), to: digest('2')};
	return {
		made: minutes(0).toISOString(),
		until: until.toISOString(),
		destructive: lies,
		items: [{changes: [{type: 'restart'}, ...Array.from({length: destructive}, () => change)]}],
	} as unknown as Plan;
}

const check = (plan: Plan, now: Date, approval = {}, isAsked = false) => {
	try {
		checkApproval(plan, {sha256, file: 'plan.json', now, isAsked}, approval);
		return 'approved';
	} catch (error) {
		const {code, exit} = error as {code: string; exit: string};
		return `${code} ${exit}`;
	}
};

it.each<[string, string, ReturnType<typeof check>]>([
	['its hash', check(planWith(0), minutes(1), {approve: sha256}), 'approved'],
	['its hash in capitals', check(planWith(0), minutes(1), {approve: sha256.toUpperCase()}), 'approved'],
	['nothing', check(planWith(0), minutes(1)), 'plan.unapproved indeterminate'],
	['nothing, at a terminal', check(planWith(0), minutes(1), {}, true), 'approved'],
	['another hash', check(planWith(0), minutes(1), {approve: '00'.repeat(32)}), 'plan.other-approval usage'],
	['no number', check(planWith(2), minutes(1), {approve: sha256}), 'plan.other-approval usage'],
	['another number', check(planWith(2), minutes(1), {approve: sha256, destructive: 1}), 'plan.other-approval usage'],
	['a number too many', check(planWith(0), minutes(1), {approve: sha256, destructive: 1}), 'plan.other-approval usage'],
	['its number', check(planWith(2), minutes(1), {approve: sha256, destructive: 2}), 'approved'],
	[
		'the number that it lies about',
		check(planWith(2, minutes(240), 0), minutes(1), {approve: sha256}),
		'plan.other-approval usage',
	],
	['its hash after its end', check(planWith(0), minutes(241), {approve: sha256}), 'plan.expired usage'],
	['its hash hours later', check(planWith(0), minutes(239), {approve: sha256}), 'approved'],
	[
		'destructive changes after an hour',
		check(planWith(1), minutes(61), {approve: sha256, destructive: 1}),
		'plan.expired usage',
	],
	['destructive changes in time', check(planWith(1), minutes(59), {approve: sha256, destructive: 1}), 'approved'],
	['a terminal after its end', check(planWith(0), minutes(241), {}, true), 'plan.expired usage'],
	['its hash before it was made', check(planWith(0), minutes(-10), {approve: sha256}), 'plan.expired usage'],
	['its hash with a clock that is a little late', check(planWith(0), minutes(-3), {approve: sha256}), 'approved'],
])('a plan that is given %s', (_, verdict, expected) => {
	expect(verdict).toBe(expected);
});
