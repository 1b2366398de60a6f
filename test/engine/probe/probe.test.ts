import {describe, expect, it} from 'vitest';
import type {ImageCheck} from '../../../src/domain/image/verdict.ts';
import type {Sighting} from '../../../src/domain/inventory/inventory.ts';
import {type ProbeProgress, sawEverything} from '../../../src/domain/probe/probe.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';
import {type ProbeOptions, probe} from '../../../src/engine/probe/probe.ts';
import {catalogueRegistry, keptOut, registryDown} from '../../support/catalogue-registry.ts';
import {fakeClock, smallManifest} from '../../support/fake-ports.ts';

const names = (count: number) => Array.from({length: count}, (_, n) => `app-${String(n).padStart(5, '0')}`);
const run = (registry: Registry, more: Partial<ProbeOptions> = {}) =>
	probe(registry, {
		depth: 'edge',
		role: 'authoritative',
		clock: fakeClock(),
		signal: new AbortController().signal,
		...more,
	});

describe('a run over a catalogue', () => {
	it('walks every tag of every repository and reports each', async () => {
		const seen: ImageCheck[] = [];
		const registry = catalogueRegistry({names: names(30), tags: () => ['a', 'b', 'a']});

		const report = await run(registry, {onImage: check => void seen.push(check)});

		expect(report).toMatchObject({catalog: true, listed: 30, repositories: 30, tags: 60, failures: 0, unknown: 0});
		expect(report.finished).toMatch(/Z$/);
		expect(report.requests).toBe(registry.requests());
		expect(new Set(seen.map(({reference}) => reference)).size).toBe(60);
	});

	it('walks only the newest tags where a number is given', async () => {
		const registry = catalogueRegistry({names: names(2), tags: () => ['1.0', '1.2', 'latest', '1.1']});
		const seen: string[] = [];

		await run(registry, {newest: 2, onImage: ({reference}) => void seen.push(reference.split(':').at(-1)!)});

		expect(seen.toSorted()).toEqual(['1.2', '1.2', 'latest', 'latest']);
	});

	it('of all shards is complete, and a shard without a repository knows that there are others', async () => {
		const shards = await Promise.all(
			[0, 1, 2].map(index => run(catalogueRegistry({names: names(20)}), {shard: {index, of: 3}})),
		);

		expect(shards.map(({listed}) => listed)).toEqual([20, 20, 20]);
		expect(shards.reduce((sum, {repositories}) => sum + repositories, 0)).toBe(20);
		const report = await run(catalogueRegistry({names: ['app']}), {shard: {index: 0, of: 64}});
		expect(report).toMatchObject({catalog: true, listed: 1, unknown: 0});
	});

	it('counts a name that is listed twice once, whatever the order', async () => {
		const registry = catalogueRegistry({names: ['b', 'a', 'a', 'c', 'b']});

		expect(await run(registry)).toMatchObject({listed: 3, repositories: 3, tags: 3});
	});

	it('checks the repositories that a catalogue may omit, where the registry has them', async () => {
		const asked: string[] = [];
		const registry = catalogueRegistry({
			names: ['b/app/2', 'c', 'd'],
			end: {pages: 4, furtherRequests: 1, mayOmit: ['b', 'b/app', 'd']},
			tags: repository => (repository === 'b' ? undefined : ['latest']),
			asked: question => void asked.push(question),
		});

		const report = await run(registry);

		expect(report).toMatchObject({
			listed: 3,
			list: {ended: 'checked', pages: 4, omitted: ['b/app']},
			repositories: 4,
			tags: 4,
			unknown: 0,
		});
		expect(asked.filter(question => question.startsWith('tags')).toSorted()).toEqual(
			['b', 'b/app', 'b/app/2', 'c', 'd'].map(repository => `tags ${repository}`),
		);
	});

	it('does not know of a repository that the catalogue may omit and the registry refuses to show', async () => {
		const registry = catalogueRegistry({
			names: ['b/app/2'],
			end: {mayOmit: ['b/app']},
			asked(question) {
				if (question === 'tags b/app') {
					throw keptOut();
				}
			},
		});

		expect(await run(registry)).toMatchObject({
			list: {omitted: []},
			unknown: 1,
			gaps: [{repository: 'b/app', code: 'registry.forbidden'}],
		});
	});

	it('leaves a repository that the catalogue may omit to its own shard', async () => {
		const shards = await Promise.all(
			[0, 1, 2].map(index =>
				run(catalogueRegistry({names: ['b/app/2'], end: {mayOmit: ['b/app']}}), {shard: {index, of: 3}}),
			),
		);

		expect(shards.map(({list}) => list.omitted).toSorted()).toEqual([[], [], ['b/app']]);
	});

	it('skips images deleted since they were listed, and repositories without tags', async () => {
		const lists: Record<string, (string[] | undefined)[]> = {
			empty: [[]],
			gone: [undefined],
			shrinking: [['v1', 'v2'], ['v1']],
			whole: [['v1']],
		};
		const registry = catalogueRegistry({
			names: Object.keys(lists),
			tags: repository => (lists[repository]!.length > 1 ? lists[repository]!.shift() : lists[repository]![0]),
			image: (repository, tag) => (tag === 'v2' ? undefined : smallManifest(repository + tag)),
		});

		const report = await run(registry);

		expect(report).toMatchObject({listed: 4, repositories: 3, tags: 2, failures: 0, unknown: 0, gaps: []});
	});

	it('tells what each tag names, and nothing of tags that it did not reach or that name nothing', async () => {
		const seen: Sighting[] = [];
		const registry = catalogueRegistry({
			names: ['app', 'empty', 'tool'],
			catalogueFails: keptOut(),
			tags: repository => (repository === 'empty' ? [] : ['v1', 'dangling']),
			image: (repository, tag) => (tag === 'dangling' ? undefined : smallManifest(repository)),
		});

		await run(registry, {onSighting: sighting => void seen.push(sighting)});

		expect(seen).toEqual(
			['app', 'tool'].map(repository => ({
				repository,
				tag: 'v1',
				digest: smallManifest(repository).digest,
				seen: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
			})),
		);
	});

	it('finds a tag that is listed and resolves to nothing', async () => {
		const registry = catalogueRegistry({
			names: ['app'],
			tags: () => ['v1', 'v2'],
			image: (_, tag) => (tag === 'v2' ? undefined : smallManifest(tag)),
		});

		expect(await run(registry)).toMatchObject({
			failures: 1,
			faults: {'tag-dangling': 1},
			images: [{verdict: 'broken', reference: expect.stringContaining('/app:v2')}],
		});
	});

	it('reports names that cannot be pulled, and does not walk them', async () => {
		const registry = catalogueRegistry({names: ['app', '../etc', 'Up'], tags: () => ['v1', '\u001b[2J', 'a b']});

		expect(await run(registry)).toMatchObject({
			repositories: 1,
			tags: 1,
			unknown: 0,
			odd: {count: 4, examples: expect.arrayContaining(['../etc'])},
		});
	});

	it('counts a repository that refuses the credentials as unknown, and goes on', async () => {
		const registry = catalogueRegistry({
			names: names(20),
			asked(question) {
				if (/^tags app-0000[1-9]/.test(question)) {
					throw keptOut();
				}
			},
		});

		const report = await run(registry);

		expect(report).toMatchObject({catalog: true, repositories: 11, tags: 11, unknown: 9});
		expect(report.failure).toBeUndefined();
		expect(report.gaps[0]).toMatchObject({
			repository: 'app-00001',
			code: 'registry.forbidden',
			hint: 'Ask for access.',
		});
	});

	it('counts an image without an answer as unknown, with the reason', async () => {
		const registry = catalogueRegistry({
			names: names(3),
			asked(question) {
				if (question.startsWith('manifest app-00001')) {
					throw keptOut();
				}
			},
		});

		expect(await run(registry)).toMatchObject({
			tags: 3,
			unknown: 1,
			images: [{verdict: 'unknown', unchecked: [{code: 'registry.forbidden'}]}],
		});
	});
});

describe('a registry that cannot be checked', () => {
	it('has no catalogue: the report gives the reason, and claims nothing else', async () => {
		const registry = catalogueRegistry({
			names: [],
			asked() {
				throw registryDown();
			},
		});

		expect(await run(registry)).toMatchObject({
			catalog: false,
			listed: 0,
			tags: 0,
			unknown: 1,
			failure: {code: 'registry.unreachable', exit: 'unreachable'},
			gaps: [{code: 'registry.unreachable'}],
		});
	});

	it('lists repositories and serves none of them: nothing was checked, and the report says so', async () => {
		const report = await run(catalogueRegistry({names: names(3), tags: () => undefined}));

		expect(report).toMatchObject({
			catalog: true,
			listed: 3,
			repositories: 0,
			unknown: 3,
			gaps: [{code: 'registry.lists-only-absent'}],
		});
		expect(sawEverything(report)).toBe(false);
	});

	it('lists no valid name: the catalogue counts as empty', async () => {
		const report = await run(catalogueRegistry({names: ['Up', '../etc']}));

		expect(report).toMatchObject({listed: 0, odd: {count: 2}});
		expect(sawEverything(report)).toBe(false);
	});

	it('has a catalogue that is cut off: the listed part is walked, and the rest is unknown', async () => {
		const report = await run(catalogueRegistry({names: names(20), catalogueFails: keptOut()}));

		expect(report).toMatchObject({catalog: false, listed: 20, repositories: 20, tags: 20, unknown: 1});
		expect(report.failure).toMatchObject({exit: 'refused'});
	});

	it('stops responding half-way: it is given up after a few requests, and everything else is unknown', async () => {
		let questions = 0;
		const registry = catalogueRegistry({
			names: names(5000),
			tags: () => Array.from({length: 20}, (_, n) => `v${n}`),
			asked() {
				if (++questions > 400) {
					throw registryDown();
				}
			},
		});

		const report = await run(registry);

		expect(registry.requests()).toBeLessThan(500);
		expect(report.failure).toMatchObject({code: 'registry.unreachable', exit: 'unreachable'});
		expect(report.failures).toBe(0);
		// The tags of the repositories that were begun, those that were not, and whatever was not even listed.
		expect(report.unknown).toBeGreaterThan(100);
		expect(report.tags).toBeLessThan(300);
		expect(report.gaps.at(-1)).toEqual({code: 'registry.unreachable', message: 'Nothing listens.', hint: 'Start it.'});
	});

	it('stalls half-way: all waiting requests end as soon as it is given up', async () => {
		let questions = 0;
		const registry = catalogueRegistry({
			names: names(500),
			asked(_, {signal}) {
				if (++questions < 50) {
					return undefined;
				}

				// Some are turned down, the others hear nothing.
				return questions % 2 === 0
					? Promise.reject(registryDown())
					: new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), {once: true}));
			},
		});

		const report = await run(registry);

		expect(report.failure).toMatchObject({exit: 'unreachable'});
		expect(registry.requests()).toBeLessThan(150);
	});

	it('fails now and then: that does not end the run', async () => {
		let questions = 0;
		const registry = catalogueRegistry({
			names: names(300),
			asked(question) {
				if (question.startsWith('tags') && ++questions % 7 === 0) {
					throw registryDown();
				}
			},
		});

		const report = await run(registry);

		expect(report.failure).toBeUndefined();
		expect(report).toMatchObject({catalog: true, listed: 300, unknown: 42, tags: 258});
	});
});

describe('a run', () => {
	it('that is stopped rejects with the reason, and makes no more requests', async () => {
		const stop = new AbortController();
		const reason = new Error('ctrl-c');
		const registry = catalogueRegistry({
			names: names(1000),
			asked() {
				if (registry.requests() === 100) {
					stop.abort(reason);
				}
			},
		});

		await expect(run(registry, {signal: stop.signal})).rejects.toBe(reason);
		expect(registry.requests()).toBeLessThan(130);
	});

	it('that is stopped at its very end rejects as well', async () => {
		const stop = new AbortController();
		const onProgress = ({repositories}: ProbeProgress) => {
			if (repositories === 3) {
				stop.abort();
			}
		};

		await expect(run(catalogueRegistry({names: names(3)}), {signal: stop.signal, onProgress})).rejects.toThrow();
	});

	it('rejects with an error that is a bug', async () => {
		const bug = new TypeError('undefined is not a function');
		const registry = catalogueRegistry({
			names: names(100),
			image: repository => {
				if (repository === 'app-00042') {
					throw bug;
				}

				return smallManifest(repository);
			},
		});

		await expect(run(registry)).rejects.toBe(bug);
	});

	it('walks a bounded number of repositories and images at a time, without holding the whole catalogue', async () => {
		let fetched = 0;
		let ahead = 0;
		let [busy, busiest] = [0, 0];
		function* endless() {
			for (const name of names(60_000)) {
				fetched++;
				yield name;
			}
		}

		const stop = new AbortController();
		const registry = catalogueRegistry({
			names: endless(),
			tags: () => Array.from({length: 3}, (_, n) => `v${n}`),
			async asked(question) {
				if (question.startsWith('tags')) {
					busiest = Math.max(busiest, ++busy);
					await new Promise(resolve => setImmediate(resolve));
					busy--;
				}
			},
		});
		const onProgress = ({repositories}: ProbeProgress) => {
			ahead = Math.max(ahead, fetched - repositories);
			if (repositories === 2000) {
				stop.abort();
			}
		};

		await expect(run(registry, {signal: stop.signal, onProgress})).rejects.toThrow();
		expect(busiest).toBeLessThanOrEqual(8);
		expect(ahead).toBeLessThan(10_100);
	});

	it('reports its progress, and the total once it is known', async () => {
		const told: ProbeProgress[] = [];

		await run(catalogueRegistry({names: names(40)}), {onProgress: progress => void told.push(progress)});

		expect(told.at(-1)).toMatchObject({repositories: 40, known: 40, isListed: true, tags: 40, failures: 0});
		expect(told.every(({repositories, known}) => repositories <= known)).toBe(true);
	});
});
