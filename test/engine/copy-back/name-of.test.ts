import {describe, expect, it} from 'vitest';
import type {FaultKind} from '../../../src/domain/image/fault.ts';
import {inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import type {Usage} from '../../../src/domain/usage/usage.ts';
import {digestOf} from '../../../src/drills/images/image.ts';
import {nameOf, type Recorded} from '../../../src/engine/copy-back/name-of.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';

const one = digestOf(Buffer.from('one'));
const other = digestOf(Buffer.from('other'));
const repository = 'acme/app';
const image = {
	id: 'acme/app@tag:latest',
	repository,
	tags: ['latest'],
	platforms: {whole: [], lost: []},
	findings: ['tag-dangling' as FaultKind],
};
type History = NonNullable<Finding['history']>;

/** A tag that names nothing, where no source is of use. */
const ask = (recorded: Recorded, history: History = []) =>
	nameOf(
		{image, findings: [{kind: 'tag-dangling', repository, tags: ['latest'], history} as unknown as Finding]},
		{registry: {} as Registry, sources: [], signal: new AbortController().signal, ...recorded},
	);
const inventory = inventoryOf('registry.example', [
	{repository, tag: 'latest', digest: one, firstSeen: '2026-04-01T02:00:00Z', lastSeen: '2026-04-10T02:00:00Z'},
	{repository, tag: 'latest', digest: other, firstSeen: '2026-04-11T02:00:00Z', lastSeen: '2026-04-12T02:00:00Z'},
]);
const usage = (more: Partial<Usage>): Usage => ({
	at: '2026-04-19T02:00:00Z',
	source: 'kubectl',
	lookedAt: ['pods'],
	notLookedAt: [],
	uses: [],
	...more,
});

describe('which digest a tag named that names nothing', () => {
	it('is what a probe saw last, with that time', async () => {
		expect(await ask({past: {inventory}})).toEqual({
			digest: other,
			witnesses: [{source: 'the inventory', digest: other, seen: '2026-04-12T02:00:00Z'}],
			silent: [],
			retag: ['latest'],
		});
	});

	it('is not known where its own history has two of the same time, as after a restore', async () => {
		const at = (digest: typeof one, named: string) => ({tag: 'latest', digest, named});
		const [newest, same, older] = [
			at(one, '2026-04-12T02:00:00Z'),
			at(other, '2026-04-12T02:00:00Z'),
			at(other, '2026-04-11T02:00:00Z'),
		];

		expect(await ask({}, [newest, same])).toMatchObject({outlook: {possible: false, bytes: 0}});
		expect(await ask({}, [newest, older])).toMatchObject({
			digest: one,
			witnesses: [{source: 'its own history', setBy: '2026-04-12T02:00:00Z'}],
		});
	});

	it('tells which witness could not be asked, also where another one suffices', async () => {
		const blind = {usage: usage({lookedAt: [], notLookedAt: [{what: 'pods', why: 'Forbidden.'}]}), hosts: []};

		expect(await ask({past: {problem: 'It is cut off.'}, usage: blind})).toMatchObject({
			outlook: {
				why: expect.stringContaining(
					'the inventory could not be asked: It is cut off. kubectl could not be asked: Forbidden.',
				),
			},
		});
		expect(await ask({past: {inventory}, usage: blind})).toMatchObject({
			digest: other,
			silent: [{source: 'kubectl', why: 'Forbidden.'}],
		});
		expect(await ask({past: {inventory}, usage: {usage: usage({}), hosts: []}})).toMatchObject({silent: []});
	});
});
