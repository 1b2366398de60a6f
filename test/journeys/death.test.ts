import {describe, expect, it} from 'vitest';
import type {Death} from '../support/dying-process.ts';
import {labelOf} from '../support/event-label.ts';
import {leadIncident} from '../support/memory-incident.ts';
import type {MemoryScenario} from '../support/memory-world.ts';
import {isSweep, sample} from '../support/sweep.ts';

const timeout = isSweep ? 600_000 : 120_000;
/** Longer than a build in the memory world takes. */
const afterTheBuildMs = 120_000;

/** A death at one event, by its number in the journal. */
const at = (when: Death['when'], seq: number): Death => ({when, isIt: (_, now) => now === seq});
const sayDeath = ({when}: Death, label: string, pauseMs: number) => `${when} ${label}, ${pauseMs} ms later`;

/** kill.test.ts kills real processes at a sample of these moments. */
describe('an incident whose process dies', () => {
	it.each(
		sample<[MemoryScenario, string]>([
			['orphan-index', 'incident.closed'],
			// After this event they repeat the events of the first.
			['orphan-index-ci-down', 'effect.finished verify'],
			['child-unlinked', 'effect.finished verify'],
		]),
	)(
		'keeps every promise at whichever event it dies, also when a result is lost: %s',
		{timeout},
		async (scenario, last) => {
			const {events, broken} = await leadIncident(scenario);
			const labels = events.map(labelOf);
			const end = isSweep ? labels.length - 1 : labels.indexOf(last);
			const wrong = [...broken];
			let incidents = 0;

			for (let seq = 1; seq <= end; seq++) {
				const label = labels[seq]!;
				// The build outside goes on meanwhile: the next process finds it under way, or ended.
				const isUnderWay = / (build-ci|build-fallback|relink|restart-pipelines)$/.test(label);
				for (const pauseMs of isUnderWay || isSweep ? [0, afterTheBuildMs] : [0]) {
					for (const death of [at('before', seq), at('after', seq)]) {
						const incident = await leadIncident(scenario, [death], pauseMs);
						const found = [...incident.broken, ...(incident.died[0] ? [] : ['it did not die'])];
						wrong.push(...found.map(each => `${sayDeath(death, label, pauseMs)}: ${each}`));
						incidents++;
					}
				}
			}

			expect(end).toBeGreaterThan(15);
			expect(incidents).toBeGreaterThan(2 * end);
			expect(wrong).toEqual([]);
		},
	);

	it.each(sample(['before', 'after'] as const))(
		'keeps every promise when it dies %s every event in turn',
		{timeout},
		async when => {
			const {events} = await leadIncident('orphan-index');
			const labels = [...new Set(events.slice(1).map(labelOf))];
			const deaths = labels.map((label): Death => ({when, isIt: event => labelOf(event) === label}));

			const incident = await leadIncident('orphan-index', deaths);

			expect(incident.died).toEqual(labels.map(() => true));
			expect(incident.broken).toEqual([]);
		},
	);
});
