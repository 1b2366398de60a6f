import {expect, it} from 'vitest';
import type {HostNow} from '../../../src/domain/hold/host-now.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {StorageListing} from '../../../src/domain/storage/listing/listing.ts';
import {foundBefore, goOnFrom} from '../../../src/engine/plan/found-before.ts';
import type {Scope} from '../../../src/engine/plan/scope.ts';
import {damagedImage, fakeClock, fakeRegistry, fakeStorage, settings} from '../../support/fake-ports.ts';
import {holdOf, hostNow, process} from '../../support/host-now.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const damaged = damagedImage(digest);
const [tag = ''] = damaged.tags;
const signal = new AbortController().signal;
const collecting = hostNow({processes: [process(['registry', 'garbage-collect', '/c.yml'], {store: 'same'})]});

function scopeWith(more: Partial<Scope> = {}): Scope {
	const scan = {
		root: '/srv/registry',
		complete: true,
		gaps: [],
		counts: {repositories: 1, tags: 1, indexes: 0, links: 1, blobs: 1},
		findings: [],
		hold: holdOf({}),
	};
	return {images: [damaged], findings: [], gaps: [], disk: {scan, listing: {} as StorageListing}, ...more};
}

/** What the first scope of an incident about the damaged image takes over. */
async function takenOver({
	scope = scopeWith(),
	host = hostNow(),
	waitMs = 0,
	reported = `${damaged.repository}:${tag}`,
}: {
	scope?: Scope;
	host?: HostNow;
	waitMs?: number;
	reported?: string;
} = {}) {
	const clock = fakeClock();
	const found = foundBefore(scope, clock);
	await clock.sleep(waitMs, {signal});
	const registry = fakeRegistry();
	const options = {
		registry,
		storage: fakeStorage([], {hostNow: async () => host}),
		role: settings.role,
		platforms: settings.platforms,
		reported: parseReference(`${registry.host}/${reported}`),
		clock,
		signal,
	};
	return {first: await goOnFrom(found, options), second: await goOnFrom(found, options)};
}

it('the first scope of an incident goes on from what was found to begin it, with what cleans the store as it is now', async () => {
	const {first} = await takenOver({waitMs: 30_000});

	expect(first).toMatchObject({ageMs: 30_000, scope: {images: [damaged]}});
	expect(first!.scope.disk!.scan.hold!.looked).toBe('2026-04-19T03:00:30.000Z');
});

it('every later scope reads everything anew', async () => {
	expect((await takenOver()).second).toBeUndefined();
});

it.each([
	['it is older than two minutes', {waitMs: 120_001}],
	['a collection runs by now', {host: collecting}],
	[
		'a collection ran while it was read',
		{scope: scopeWith({disk: {...scopeWith().disk!, scan: {...scopeWith().disk!.scan, provisional: true}}})},
	],
	['not everything could be read', {scope: scopeWith({gaps: ['blobs/sha256/ab: Permission denied']})}],
	['the image that was reported is not damaged in it', {reported: 'another:latest'}],
	['it was found without the disk', {scope: {images: [damaged], findings: [], gaps: []}}],
])('everything is read anew where %s', async (_, given) => {
	expect((await takenOver(given)).first).toBeUndefined();
});
