import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {type Inventory, inventoryOf} from '../../../src/domain/inventory/inventory.ts';
import {isEventful, type Past, pastOf, shortened} from '../../../src/domain/inventory/past.ts';
import {sayKnown} from '../../../src/domain/inventory/say-image.ts';
import {sayPast, sumUpPast} from '../../../src/domain/inventory/say-past.ts';
import type {StorageListing} from '../../../src/domain/storage/listing/listing.ts';

const digestOf = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}` as Digest;
const [a, b, c] = [digestOf(0xa), digestOf(0xb), digestOf(0xc)];
const file = '/var/lib/regmedic/inventory.jsonl';
const seconds = 1_776_564_000;
const at = (hours: number) => `${new Date((seconds + hours * 3600) * 1000).toISOString().slice(0, 19)}Z`;

/** `[name, digest, first seen, last seen]`, in hours after 2026-04-19 02:00. */
type Seen = [name: string, digest: Digest, from: number, to: number];
const inventoryWith = (...seen: Seen[]): Inventory =>
	inventoryOf(
		'registry.example:5050',
		seen.map(([name, digest, from, to]) => {
			const [repository, tag] = name.split(':') as [string, string];
			return {repository, tag, digest, firstSeen: at(from), lastSeen: at(to)};
		}),
	);

/** A disk on which these tags name these digests; undefined: the tag has lost its link. */
function diskWith(tags: Record<string, Digest | undefined>, more: Partial<StorageListing> = {}): StorageListing {
	const repositories: StorageListing['repositories'] = new Map();
	for (const [name, digest] of Object.entries(tags)) {
		const [repository, tag] = name.split(':') as [string, string];
		const listed = repositories.get(repository) ?? {tags: new Map(), revisions: new Map(), layers: new Map()};
		const link = digest && {size: digest.length, changed: seconds, content: digest};
		listed.tags.set(tag, link ? {link} : {});
		repositories.set(repository, listed);
	}

	return {
		root: '/store',
		complete: true,
		gaps: [],
		repositories,
		blobs: new Map(),
		manifests: new Map(),
		taken: seconds,
		unread: [],
		...more,
	};
}

const lists = ({repositories, tags, movedBack, dangling}: Past) => ({
	repositories: repositories.map(({repository}) => repository),
	tags: tags.map(({repository, tag}) => `${repository}:${tag}`),
	movedBack: movedBack.map(({repository, tag}) => `${repository}:${tag}`),
	dangling: dangling.map(({repository, tag}) => `${repository}:${tag}`),
});
const nothing = {repositories: [], tags: [], movedBack: [], dangling: []};

describe('what probes saw and the disk does not show any more', () => {
	it('is nothing where every tag is there, also one that was pushed since', () => {
		const inventory = inventoryWith(['app:1', a, 0, 9], ['app:2', a, 0, 9]);

		const past = pastOf(inventory, diskWith({'app:1': a, 'app:2': c, 'new:1': b}), file);

		expect(lists(past)).toEqual(nothing);
		expect(isEventful(past)).toBe(false);
		expect(sumUpPast(past)).toBeUndefined();
		expect(sayPast(past)).toEqual({
			head: `Every tag is there that probes saw in the last 30 days (${file}, until 2026-04-19 11:00 UTC).`,
			items: [],
		});
	});

	it('names repositories, tags, tags that moved back and tags that name nothing, each with when it was last seen', () => {
		const inventory = inventoryWith(
			['gone:1', a, 0, 7],
			['gone:2', b, 0, 8],
			['app:removed', a, 0, 5],
			['app:latest', a, 0, 3],
			['app:latest', b, 4, 9],
			['app:dangling', c, 0, 9],
		);

		const past = pastOf(inventory, diskWith({'app:latest': a, 'app:dangling': undefined}), file);

		expect(past).toMatchObject({
			file,
			registry: 'registry.example:5050',
			lastSeen: at(9),
			repositories: [
				{
					repository: 'gone',
					lastSeen: at(8),
					tags: [
						{tag: '2', digest: b, lastSeen: at(8)},
						{tag: '1', digest: a, lastSeen: at(7)},
					],
				},
			],
			tags: [{repository: 'app', tag: 'removed', digest: a, lastSeen: at(5)}],
			movedBack: [{repository: 'app', tag: 'latest', digest: b, lastSeen: at(9), now: a}],
			dangling: [{repository: 'app', tag: 'dangling', digest: c, lastSeen: at(9)}],
		});
		expect(sayPast(past)).toEqual({
			head: `Probes saw what this disk does not show any more (${file}, until 2026-04-19 11:00 UTC):`,
			items: [
				'gone is gone, with 2 tags (2, 1); last seen 2026-04-19 10:00 UTC',
				'app:latest moved back to sha256:000000000000; it named sha256:000000000000, last seen 2026-04-19 11:00 UTC',
				'app:dangling names nothing; it named sha256:000000000000, last seen 2026-04-19 11:00 UTC',
				'app:removed is gone; it named sha256:000000000000, last seen 2026-04-19 07:00 UTC',
			],
		});
		expect(sumUpPast(past)).toBe(
			'Compared with what probes saw: 1 repository gone, 1 tag gone, 1 tag moved back, 1 tag naming nothing.',
		);
	});

	it('knows a tag that moved back although a probe has seen it since', () => {
		const inventory = inventoryWith(['app:latest', a, 0, 9], ['app:latest', b, 4, 6]);

		const past = pastOf(inventory, diskWith({'app:latest': a}), file);

		expect(past.movedBack).toMatchObject([{digest: b, lastSeen: at(6), now: a}]);
	});

	it('does not take a tag that moved on for one that moved back', () => {
		const inventory = inventoryWith(['app:latest', a, 0, 3], ['app:latest', b, 4, 9]);

		expect(lists(pastOf(inventory, diskWith({'app:latest': b}), file))).toEqual(nothing);
		expect(lists(pastOf(inventory, diskWith({'app:latest': c}), file))).toEqual(nothing);
	});

	it('counts what was gone a month before the last probe, and does not list it', () => {
		const month = 30 * 24;
		const inventory = inventoryWith(['app:1', a, 0, 0], ['old:1', a, 0, 0], ['app:2', a, 0, month + 1]);

		const past = pastOf(inventory, diskWith({'app:2': a}), file);

		expect(lists(past)).toEqual(nothing);
		expect(past.older).toBe(2);
		expect(pastOf(inventory, diskWith({}), file)).toMatchObject({repositories: [{repository: 'app'}], older: 2});
	});

	it.each([
		['everything', '', 3],
		['a repository', 'repositories/app', 2],
		['the tags of a repository', 'repositories/app/_manifests/tags', 2],
		['one tag', 'repositories/app/_manifests/tags/1', 1],
		['one link', 'repositories/app/_manifests/tags/1/current/link', 1],
	])('calls nothing gone of what was not read: %s', (_, unread, number) => {
		const inventory = inventoryWith(['app:1', a, 0, 9], ['app:2', a, 0, 9], ['tool:1', a, 0, 9]);
		const readable = number === 1 ? {'app:2': a, 'tool:1': a} : {'tool:1': a};

		const past = pastOf(inventory, diskWith(unread === '' ? {} : readable, {complete: false, unread: [unread]}), file);

		expect(lists(past)).toEqual(nothing);
		expect(past.unread).toBe(number);
		expect(sayPast(past)).toMatchObject({
			head: expect.stringMatching(/^No tag is known to be gone/),
			items: [expect.stringContaining('could not be read')],
		});
	});

	it('asks whether it is the inventory of this registry where the disk has none of its repositories', () => {
		const inventory = inventoryWith(['app:1', a, 0, 9]);

		const [first] = sayPast(pastOf(inventory, diskWith({'other:1': a}), file)).items;

		expect(first).toBe(
			'None of its repositories is on this disk. It is the inventory of registry.example:5050: is that this registry?',
		);
		expect(pastOf(inventory, diskWith({'app:2': a}), file)).not.toHaveProperty('sharesNothing');
	});

	it('is empty for an inventory of a registry that held nothing', () => {
		const past = pastOf(inventoryWith(), diskWith({}), file);

		expect(sayPast(past).head).toBe(`The inventory ${file} is empty: no probe has seen a tag.`);
	});

	it('puts every tag of the inventory into one list at most, and none that has always named what it names', () => {
		const names = ['app:1', 'app:2', 'tool:1', 'tool:latest'];
		const seen = fc.array(
			fc
				.tuple(fc.constantFrom(...names), fc.constantFrom(a, b, c), fc.nat(50), fc.nat(50))
				.map(([name, digest, one, other]): Seen => [name, digest, Math.min(one, other), Math.max(one, other)]),
		);
		const disk = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(a, b, c, undefined));
		fc.assert(
			fc.property(seen, disk, (entries, tags) => {
				const inventory = inventoryWith(...entries);
				const past = pastOf(inventory, diskWith(tags), file);
				const listed = [
					...past.repositories.flatMap(each => each.tags),
					...past.tags,
					...past.movedBack,
					...past.dangling,
				].map(({repository, tag}) => `${repository}:${tag}`);

				expect(new Set(listed).size).toBe(listed.length);
				for (const name of listed) {
					expect(entries.some(([of]) => of === name)).toBe(true);
				}

				for (const name of new Set(entries.map(([of]) => of))) {
					const isSteady =
						tags[name] !== undefined && entries.every(([of, digest]) => of !== name || digest === tags[name]);
					expect(listed.includes(name)).toBe(!isSteady && (tags[name] === undefined || listed.includes(name)));
				}
			}),
		);
	});

	it('is short in a journal, and counts what is left out', () => {
		const many = Array.from({length: 300}, (_, n): Seen => [`gone-${n % 60}:${n}`, a, 0, n / 100]);
		const tags = Array.from({length: 70}, (_, n): Seen => [`app:${n}`, a, 0, 3]);

		const past = shortened(pastOf(inventoryWith(...many, ...tags), diskWith({'app:latest': a}), file));

		expect(past.repositories).toHaveLength(50);
		expect(past.tags).toHaveLength(50);
		expect(past.older).toBe(50 + 20);
	});
});

describe('what probes know of one tag', () => {
	const inventory = inventoryWith(['app:latest', a, 0, 3], ['app:latest', b, 4, 9]);
	const now = (digest?: Digest, tag = 'latest', repository = 'app') => sayKnown(inventory, {repository, tag, digest});

	it('says that it is the same image, another one, or nothing any more', () => {
		expect(now(b)).toBe('Probes saw the same digest until 2026-04-19 11:00 UTC.');
		expect(now(c)).toMatch(/^When probes last saw it on 2026-04-19 11:00 UTC, it named another digest: sha256:0+\.$/);
		expect(now(a)).toMatch(/it named another digest: sha256:0+\. It named the present one before that\.$/);
		expect(now()).toMatch(/^Probes saw it until 2026-04-19 11:00 UTC; it named sha256:0+\.$/);
	});

	it('says that no probe saw the tag or the repository', () => {
		expect(now(undefined, 'latset')).toBe('Probes saw the repository until 2026-04-19 11:00 UTC, and never this tag.');
		expect(now(undefined, 'latest', 'ap')).toBe('No probe has seen the repository.');
	});
});
