import {expect, test} from 'vitest';
import {inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import {estimateOf, sayEstimate, tagsOfLastProbe} from '../../../src/domain/probe/estimate.ts';

const digest = `sha256:${'0'.repeat(64)}` as const;
const entry = (repository: string, tag: string, lastSeen: string) => ({
	repository,
	tag,
	digest: digest as never,
	firstSeen: '2026-01-01T00:00:00Z',
	lastSeen,
});

test('an estimate counts a list for each repository and a manifest for each tag that would be walked', () => {
	const tags = new Map([
		['acme/app', 12],
		['acme/base', 1],
	]);
	const of = {instance: 'r.example', depth: 'edge', basis: 'lists', made: 5} as const;

	expect(estimateOf(tags, of)).toMatchObject({tags: 13, requests: {lists: 5, manifests: 13, blobs: null}});
	expect(estimateOf(tags, {...of, basis: 'inventory', made: 0})).toMatchObject({requests: {lists: 3}});
	expect(estimateOf(tags, {...of, newest: 5})).toMatchObject({repositories: 2, tags: 6});
	expect(sayEstimate(estimateOf(tags, of)).join('\n')).toContain('at least 18 requests');
});

test('of an inventory only what the last probe saw counts', () => {
	const inventory = inventoryOf('r.example', [
		entry('acme/app', 'latest', '2026-04-19T01:45:09Z'),
		entry('acme/app', 'old', '2026-04-18T02:00:00Z'),
		entry('acme/app', 'gone', '2026-04-02T02:00:00Z'),
		entry('acme/gone', 'latest', '2026-04-02T02:00:00Z'),
	]);

	expect([...tagsOfLastProbe(inventory, undefined)]).toEqual([['acme/app', 2]]);
});
