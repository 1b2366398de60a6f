import {describe, expect, it} from 'vitest';
import {chooseRemedies, chooseSiblings, parseRemedyChoice} from '../../../src/domain/plan/choose-remedies.ts';

const row = (id: string, more: object = {}) => ({
	id,
	repository: id.split('@')[0]!,
	tags: ['latest'],
	findings: ['child-swept' as const],
	recommended: 'rebuild-ci' as const,
	remedies: [
		{remedy: 'rebuild-ci' as const, possible: true, why: ''},
		{remedy: 'leave' as const, possible: true, why: ''},
		{remedy: 'relink' as const, possible: false, why: 'its layers are gone'},
	],
	...more,
});
const rows = [row('tools/a@1'), row('tools/b/c@2'), row('web@3', {findings: ['tag-dangling']})];
const chosen = (...given: string[]) => Object.fromEntries(chooseRemedies(rows, given.map(parseRemedyChoice)));

describe('the remedy of an image', () => {
	it('is the recommended one where nothing was chosen', () => {
		expect(chosen()).toEqual({'tools/a@1': 'rebuild-ci', 'tools/b/c@2': 'rebuild-ci', 'web@3': 'rebuild-ci'});
	});

	it('is chosen by its id, its repository, a glob of repositories or a cause; the last choice wins', () => {
		expect(chosen('tools/a@1=leave')['tools/a@1']).toBe('leave');
		expect(chosen('web=leave')).toMatchObject({'tools/a@1': 'rebuild-ci', 'web@3': 'leave'});
		expect(chosen('tools/*=leave')).toEqual({'tools/a@1': 'leave', 'tools/b/c@2': 'leave', 'web@3': 'rebuild-ci'});
		expect(chosen('cause:tag-dangling=leave')).toMatchObject({'tools/a@1': 'rebuild-ci', 'web@3': 'leave'});
		expect(chosen('*=leave', 'web=rebuild-ci')).toMatchObject({'tools/a@1': 'leave', 'web@3': 'rebuild-ci'});
	});

	it('is chosen for what is used, or unused, where that is known', () => {
		const known = [row('a@1', {used: true}), row('b@2', {used: false})];
		const choose = (of: typeof known, ...given: string[]) =>
			Object.fromEntries(chooseRemedies(of, given.map(parseRemedyChoice)));

		expect(choose(known, 'unused=leave')).toEqual({'a@1': 'rebuild-ci', 'b@2': 'leave'});
		expect(choose(known, 'used=leave')).toEqual({'a@1': 'leave', 'b@2': 'rebuild-ci'});
		expect(() => choose([row('a@1', {used: true}), row('b@2')], 'unused=leave')).toThrow('it is not known');
		expect(() => choose([row('a@1', {used: true})], 'unused=leave')).toThrow('no damaged image matches');
	});

	it('may be chosen too widely at first, as long as the last choice of each image is possible', () => {
		const two = [row('a@1', {remedies: [{remedy: 'relink', possible: true, why: ''}]}), row('b@2')];

		expect(Object.fromEntries(chooseRemedies(two, ['*=relink', 'b=leave'].map(parseRemedyChoice)))).toEqual({
			'a@1': 'relink',
			'b@2': 'leave',
		});
	});

	it('is refused where it is not possible, with the reason', () => {
		expect(() => chosen('web=relink')).toThrow('relink is not possible for web@3: its layers are gone');
		expect(() => chosen('web=re-point')).toThrow('re-point is not possible for web@3: it was not weighed');
	});

	describe('that points its tags at another image', () => {
		const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
		const sibling = (name: string, letter: string, tags = [name]) => ({
			...{name, digest: digest(letter), tags, platforms: [], age: 'older' as const, say: ''},
		});
		const siblings = [sibling('1.4.1', 'a', ['1.4.1', 'stable']), sibling('bbbbbbbbbbbb', 'b', [])];
		const remedies = (possible: boolean) => [
			{remedy: 're-point', possible, why: possible ? '' : 'The times do not tell.'},
			{remedy: 'leave', possible: true, why: ''},
		];
		const pointed = (given: string[], possible = true) => {
			const some = [row('web@3', {remedies: remedies(possible), siblings, recommended: 'leave'})];
			const choices = given.map(parseRemedyChoice);
			return [...chooseRemedies(some, choices).values(), ...chooseSiblings(some, choices).values()];
		};

		it.each([
			['the newest where none is named', 'web=re-point', []],
			['one by its tag', 'web=re-point:stable', [digest('a')]],
			['one by its digest', `web@3=re-point:${digest('b')}`, [digest('b')]],
			['one by the beginning of its digest', 'web=re-point:bbbbbbbbbbbb', [digest('b')]],
		])('takes %s', (_, given, to) => {
			expect(pointed([given])).toEqual(['re-point', ...to]);
		});

		it('wants one to be named where the times do not tell which is the newest', () => {
			expect(() => pointed(['web=re-point'], false)).toThrow(/do not tell.*re-point:1\.4\.1, re-point:bbbbbbbbbbbb/);
			expect(pointed(['web=re-point:1.4.1'], false)).toEqual(['re-point', digest('a')]);
		});

		it('takes only an image that is known to be whole, and names those', () => {
			expect(() => pointed(['web=re-point:1.3'])).toThrow(/cannot be pointed to 1\.3.*re-point:1\.4\.1/);
			expect(() => pointed(['web=re-point:bbbb'])).toThrow('cannot be pointed to bbbb');
		});

		it('forgets which one where a later choice takes another remedy', () => {
			expect(pointed(['web=re-point:1.4.1', 'web=leave'])).toEqual(['leave']);
		});
	});

	it('is refused where no image matches; a dot is no wildcard, and a glob is never a part of a name', () => {
		for (const pattern of ['nothing', 'w.b', 'eb', 'tools', 'cause:blob-empty', 'unused', '[', 'web@*']) {
			expect(() => chosen(`${pattern}=leave`)).toThrow();
		}
	});

	it.each(['web', '=leave', 'web=', 'web=burn', 'web=restart', 'web=relink:1.0', 'web=re-point:'])(
		'cannot be written as %j',
		given => {
			expect(() => parseRemedyChoice(given)).toThrow('is not IMAGE=REMEDY');
		},
	);
});
