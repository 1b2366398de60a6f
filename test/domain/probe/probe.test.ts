import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import {exitOf, mostImagesKept, type ProbeReport, sawEverything} from '../../../src/domain/probe/probe.ts';
import {createProbeTally} from '../../../src/domain/probe/tally.ts';
import {brokenImage, reportWith, unknownImage} from '../../support/probe-reports.ts';

const lost = (exit: 'unreachable' | 'refused' | 'failed' | 'configuration') => ({
	catalog: false,
	listed: 0,
	unknown: 1,
	failure: {code: 'registry.unreachable' as const, message: 'm', hint: 'h', exit},
});

describe('the exit of a run', () => {
	it.each<[string, Partial<ProbeReport>, string]>([
		['everything intact', {}, 'done'],
		['a shard without a repository, of a catalogue that has some', {repositories: 0, tags: 0}, 'done'],
		['one image broken', {failures: 1}, 'broken'],
		['broken and unknown', {failures: 1, unknown: 3}, 'broken'],
		['broken, then the registry was lost', {...lost('unreachable'), failures: 1}, 'broken'],
		['one unknown', {unknown: 1}, 'indeterminate'],
		['an empty catalogue', {listed: 0, repositories: 0, tags: 0}, 'indeterminate'],
		['no registry', lost('unreachable'), 'unreachable'],
		['kept out', lost('refused'), 'refused'],
		['credentials that cannot be read', lost('configuration'), 'configuration'],
		['no catalogue to be had', lost('failed'), 'indeterminate'],
	])('%s', (_, more, exit) => {
		expect(exitOf(reportWith(more))).toBe(exit);
		expect(sawEverything(reportWith(more))).toBe(exit === 'done' || (more.failures === 1 && !more.unknown));
	});

	it('an image in an uncheckable form keeps the run from being healthy, but lets an old alert resolve', () => {
		const report = reportWith({unknown: 2, unfit: 2});

		expect(exitOf(report)).toBe('indeterminate');
		expect(sawEverything(report)).toBe(true);
		expect(sawEverything(reportWith({unknown: 3, unfit: 2}))).toBe(false);
	});

	it('an empty catalogue is healthy where it is accepted', () => {
		expect(exitOf(reportWith({listed: 0, repositories: 0, tags: 0}), {allowEmpty: true})).toBe('done');
		expect(exitOf(reportWith(lost('unreachable')), {allowEmpty: true})).toBe('unreachable');
	});
});

describe('the report of a run', () => {
	it('keeps the same images in whatever order they arrive: broken ones first, then by name', () => {
		const all = Array.from({length: 5 * mostImagesKept}, (_, n) =>
			n % 5 === 0 ? unknownImage(`b:${n}`) : brokenImage(`a:${n}`),
		);
		const kept = (images: typeof all) => {
			const tally = createProbeTally();
			const own = tally.repository();
			for (const image of images) {
				own.image(image);
			}

			return tally.images().map(({reference}) => reference);
		};

		expect(kept(all.toReversed())).toEqual(kept(all));
		expect(kept(all)).toHaveLength(mostImagesKept);
		expect(kept([all[0]!, all[1]!])).toEqual([all[1]!.reference, all[0]!.reference]);
	});

	it('counts an image in an uncheckable form apart from one that did not answer', () => {
		const tally = createProbeTally();
		const unchecked = {via: [], message: '', hint: ''};
		const own = tally.repository();
		own.image({...unknownImage('a:1'), unchecked: [{...unchecked, code: 'manifest.schema1'}]});
		own.image({...unknownImage('a:2'), unchecked: [{...unchecked, code: 'registry.stalled'}]});
		own.image({
			...unknownImage('a:3'),
			unchecked: [
				{...unchecked, code: 'manifest.schema1'},
				{...unchecked, code: 'registry.stalled'},
			],
		});

		expect(tally.counts()).toMatchObject({unknown: 3, unfit: 1});
	});

	it('counts a digest at fault once in its repository, however many tags it breaks', () => {
		const tally = createProbeTally();
		const digest = `sha256:${'a'.repeat(64)}` as Digest;
		const fault: Fault = {kind: 'child-missing', digest, via: [], detail: ''};

		for (const repository of ['one', 'two']) {
			const own = tally.repository();
			own.image(brokenImage(`${repository}:a`, fault));
			own.image(brokenImage(`${repository}:b`, fault));
			own.image(brokenImage(`${repository}:c`, {kind: 'tag-dangling', via: [], detail: ''}));
			own.image(brokenImage(`${repository}:d`, {kind: 'tag-dangling', via: [], detail: ''}));
			own.end({indexes: 2, sizeOnly: 1, isWhole: repository === 'one'});
		}

		expect(tally.counts()).toMatchObject({
			repositories: 1,
			tags: 8,
			indexes: 4,
			sizeOnly: 2,
			failures: 8,
			faults: {'child-missing': 2, 'tag-dangling': 4},
		});
	});
});
