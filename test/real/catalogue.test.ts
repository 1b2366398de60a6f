import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {probe} from '../../src/engine/probe/probe.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {tries} from '../support/sweep.ts';

const {signal} = new AbortController();

/** Names that sort before and after `_layers`, and before and after `/`. */
const component = fc.constantFrom('0', '1', '2', '9z', 'a', 'a-1', 'a.b', 'app', 'app-2', 'b', 'z');
const name = fc.array(component, {minLength: 1, maxLength: 4}).map(parts => parts.join('/'));
const names = fc.uniqueArray(name, {minLength: 1, maxLength: 14});

describeReal('the catalogue of distribution 2.8 is found whole', ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let servers: Map<number, {registry: RealRegistry; store: Store}>;

	beforeAll(async () => {
		place = await temporaryFolder();
		servers = new Map(
			await Promise.all(
				[1, 2, 3, 4, 5].map(async pageSize => {
					const root = path.join(place.folder, `root-${pageSize}`);
					await mkdir(root);
					const registry = await startDockerRegistry({root, folder: place.folder, pageSize});
					return [pageSize, {registry, store: openStore(root)}] as const;
				}),
			),
		);
	});

	afterAll(async () => {
		await Promise.all([...(servers?.values() ?? [])].map(({registry}) => registry.stop()));
		await place?.[Symbol.asyncDispose]();
	});

	/** Repositories as they are when all their tags were removed. */
	async function fill({base}: Store, repositories: string[]): Promise<void> {
		await rm(base, {recursive: true, force: true});
		for (const repository of repositories) {
			const folder = path.join(base, 'repositories', repository);
			await mkdir(path.join(folder, '_layers'), {recursive: true});
			await mkdir(path.join(folder, '_manifests/tags'), {recursive: true});
		}
	}

	async function probeAll({host}: RealRegistry) {
		await using registry = connect({host});
		return probe(registry, {depth: 'head', role: 'authoritative', clock: systemClock, signal});
	}

	test.each([1, 2, 3, 4, 5])('with pages of %i, whatever the repositories are called', async pageSize => {
		const {registry, store} = servers.get(pageSize)!;

		await fc.assert(
			fc.asyncProperty(names, async repositories => {
				await fill(store, repositories);

				const {catalog, listed, list, repositories: checked, unknown} = await probeAll(registry);

				expect({catalog, checked, unknown}).toEqual({catalog: true, checked: repositories.length, unknown: 0});
				expect(listed + list.omitted.length).toBe(repositories.length);
			}),
			{
				numRuns: tries(10),
				examples: [[['b/app', 'b/app/2', 'c']], [['1', '1/1', '1/1/1']], [['app', 'app-2', 'app/2/a']]],
			},
		);
	});

	test('a page that ends in the child of two repositories costs a request for each of them', async () => {
		const {registry, store} = servers.get(1)!;
		await fill(store, ['b', 'b/1', 'b/1/2', 'c']);

		const {list, requests} = await probeAll(registry);

		// n=1000 is refused, three pages of one name, an empty one; the tags of each; and of none that is not there.
		expect(list).toEqual({ended: 'checked', pages: 3, omitted: ['b', 'b/1']});
		expect(requests).toBe(1 + list.pages! + 4);
	});
});
