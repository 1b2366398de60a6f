import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import type {StoredPipeline} from '../../../src/drills/ci/pipeline-store.ts';
import {ciFailed} from '../../../src/engine/actions/ci-failed.ts';
import {ciRestart} from '../../../src/engine/actions/ci-restart.ts';
import {openLab} from '../../drills/ci/lab.ts';
import {contextWith} from '../../support/fake-ports.ts';
import {tries} from '../../support/sweep.ts';

const repository = 'acme/mono';

const happening = fc.record({
	event: fc.constantFrom('push', 'push', 'push', 'tag', 'deployment', 'manual' as const),
	branch: fc.constantFrom('main', 'next', 'fix'),
	/** Its end: the image is gone, well, or none for an hour. */
	fate: fc.constantFrom('gone', 'gone', 'gone', 'well', 'open' as const),
	secondsLater: fc.integer({min: 0, max: 30}),
});

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const history = fc.record({
	dialect: fc.constantFrom('2.8.3', '3.17.0' as const),
	before: fc.array(happening, {minLength: 1, maxLength: 9}),
	/** Between the gate and the restarts. */
	meanwhile: fc.array(happening, {maxLength: 2}),
	cancels: fc.subarray(['push', 'tag', 'deployment', 'manual']),
	/** Beside what is ticked by default: which of the rest a person ticks. */
	ticks: fc.array(fc.boolean(), {minLength: 9, maxLength: 9}),
	all: fc.boolean(),
});

test('no restart cancels a newer run, no deployment runs without its own tick, and at most one run of a branch and event', async () => {
	await fc.assert(
		fc.asyncProperty(history, async ({dialect, before, meanwhile, cancels, ticks, all}) => {
			await using lab = await openLab(dialect);
			const own = lab.repository('mono');
			own.cancels = cancels;
			const ci = createWoodpecker({url: lab.url, token: async () => 'oncall'});
			const clock = {
				now: () => new Date(lab.clock.now),
				monotonic: () => lab.clock.now,
				async sleep(milliseconds: number) {
					lab.clock.now += milliseconds;
				},
			};
			const happen = async ({event, branch, fate, secondsLater}: Happening) => {
				lab.clock.now += secondsLater * 1000;
				const isRef = event === 'tag' || event === 'deployment';
				const made = await lab.happens('mono', {
					event,
					...(isRef ? {branch: '', ref: `refs/tags/${branch}`} : {branch}),
					...(event === 'deployment' ? {deployTo: 'production'} : {}),
				});
				for (const step of made.steps) {
					step.ends = fate === 'open' ? step.starts + 3_600_000 : step.ends;
					if (fate !== 'gone') {
						delete step.error;
					}
				}
			};

			for (const each of before) {
				await happen(each);
			}

			lab.clock.now += 5_000;
			const settings = {
				role: 'authoritative',
				platforms: {},
				plainHttp: false,
				runsInItself: false,
				runsIn: [] as string[],
				neededByPipelines: false,
				usedByPipelines: [],
			} as const;
			const context = contextWith(
				{ci, clock},
				{settings: {...settings, usedByPipelines: [], pipeline: {repository, branch: 'main'}}},
			);
			const {output} = await ciFailed.run({since: new Date(lab.clock.now)}, context);
			const listed = 'pipelines' in output ? output.pipelines : [];
			const picked = listed.filter(({tick}, at) => tick || (all && ticks[at % ticks.length]));
			const ticked = new Set(picked.map(({number}) => number));
			const byDefault = new Set(listed.filter(({tick}) => tick).map(({number}) => number));
			const pipelines = picked.map(({number}) => ({repository, number}));

			const {changes} = await ciRestart.gate!({pipelines}, context);
			for (const each of meanwhile) {
				await happen(each);
			}

			const known = own.store.pipelines().length;
			await ciRestart.run({pipelines}, {...context, approved: changes});
			await ci.close();

			const restarts = own.store.pipelines().slice(known);
			const cancelled = own.store
				.pipelines()
				.filter(({cancelled: info}) => restarts.some(({number}) => number === info?.supersededBy));
			const sources = new Map(restarts.map(({number, parent}) => [number, parent]));
			expect(cancelled.filter(({number, cancelled: info}) => number > sources.get(info!.supersededBy!)!)).toEqual([]);
			expect(restarts.filter(({parent}) => !ticked.has(parent))).toEqual([]);
			expect(
				restarts.filter(({event, parent}) => (event === 'deployment' || event === 'tag') && byDefault.has(parent)),
			).toEqual([]);
			expect(new Set(restarts.map(lineOf)).size).toBe(restarts.length);
			const newer = (restart: StoredPipeline) =>
				own.store
					.pipelines()
					.some(
						each => each.number > restart.parent && each.number < restart.number && lineOf(each) === lineOf(restart),
					);
			expect(restarts.filter(newer)).toEqual([]);
		}),
		{numRuns: tries(25)},
	);
});

function lineOf({event, branch, ref = '', deployTo = ''}: StoredPipeline): string {
	return `${event} ${branch} ${ref} ${deployTo}`;
}
