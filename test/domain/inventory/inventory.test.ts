import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {namedBy, namesOf, repositorySeen} from '../../../src/domain/inventory/history.ts';
import {
	entriesOf,
	type Inventory,
	type InventoryEntry,
	inventoryOf,
	withSightings,
} from '../../../src/domain/inventory/inventory.ts';
import {headerOf, parseInventory, renderInventory} from '../../../src/domain/inventory/inventory-text.ts';

const digestOf = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}` as Digest;
const timeOf = (minutes: number) =>
	new Date(Date.UTC(2026, 3, 19) + minutes * 60_000).toISOString().replace('.000', '');
const [a, b] = [digestOf(1), digestOf(2)];

const sighting = fc
	.record({
		repository: fc.constantFrom('infra-ci', 'acme/app', 'acme/app/base', 'constructor'),
		tag: fc.constantFrom('latest', '1.0', '__proto__', 'v2'),
		digest: fc.integer({min: 1, max: 4}).map(digestOf),
		seen: fc.integer({min: 0, max: 100_000}).map(timeOf),
	})
	.map(({repository, tag, digest, seen}) => ({repository, tag, digest, seen}));
const sightings = fc.array(sighting, {maxLength: 40});
const entry = fc
	.tuple(sighting, fc.integer({min: 0, max: 100_000}))
	.map(([{seen, ...named}, minutes]): InventoryEntry => {
		const [firstSeen, lastSeen] = [seen, timeOf(minutes)].toSorted() as [string, string];
		return {...named, firstSeen, lastSeen};
	});
const entries = fc.array(entry, {maxLength: 40});

const registry = '127.0.0.1:5055';
const empty = inventoryOf(registry, []);
const textOf = (all: Iterable<InventoryEntry>) => renderInventory(inventoryOf(registry, all));
const read = (text: string) => parseInventory(text, 'inventory.jsonl');
const seenBy = (from: Inventory, ...seen: [digest: Digest, minutes: number][]) =>
	withSightings(
		from,
		seen.map(([digest, minutes]) => ({repository: 'infra-ci', tag: 'latest', digest, seen: timeOf(minutes)})),
	);

describe('an inventory', () => {
	it('is the same in whatever order its entries come, and however often', () => {
		fc.assert(
			fc.property(entries, fc.array(fc.nat()), (all, picks) => {
				const shuffled = all.map((each, at) => ({each, key: picks[at] ?? 0})).toSorted((x, y) => x.key - y.key);
				const again = picks.flatMap(pick => all[pick % Math.max(all.length, 1)] ?? []);

				expect(textOf([...shuffled.map(({each}) => each), ...again])).toBe(textOf(all));
			}),
		);
	});

	it('is what it was after it is written, read and joined with itself', () => {
		fc.assert(
			fc.property(entries, all => {
				const text = textOf(all);
				const {inventory, isTorn} = read(text);

				expect(isTorn).toBe(false);
				expect(renderInventory(inventory)).toBe(text);
				expect(textOf([...entriesOf(inventory), ...entriesOf(inventory)])).toBe(text);
				expect(renderInventory(read(text + text).inventory)).toBe(text);
			}),
		);
	});

	it('is the same whether runs are added one after the other, in another order or at once', () => {
		fc.assert(
			fc.property(sightings, sightings, (one, other) => {
				const both = renderInventory(withSightings(empty, [...one, ...other]));

				expect(renderInventory(withSightings(withSightings(empty, one), other))).toBe(both);
				expect(renderInventory(withSightings(withSightings(empty, other), one))).toBe(both);
			}),
		);
	});

	it('never loses an entry by a run, and never makes its times narrower', () => {
		fc.assert(
			fc.property(entries, sightings, (all, run) => {
				const before = inventoryOf(registry, all);
				const next = withSightings(before, run);

				for (const {repository, tag, digest, firstSeen, lastSeen} of entriesOf(before)) {
					const kept = namedBy(next, repository, tag).find(each => each.digest === digest);
					expect(kept && kept.firstSeen <= firstSeen && kept.lastSeen >= lastSeen).toBe(true);
				}
			}),
		);
	});

	it('is as it was after a run that saw nothing', () => {
		fc.assert(
			fc.property(entries, all => {
				const before = inventoryOf(registry, all);

				expect(renderInventory(withSightings(before, []))).toBe(renderInventory(before));
			}),
		);
	});

	it('holds one entry for each digest of a tag, the one seen last first', () => {
		const inventory = seenBy(empty, [a, 0], [a, 15], [b, 30], [b, 45]);

		expect(namedBy(inventory, 'infra-ci', 'latest')).toEqual([
			{repository: 'infra-ci', tag: 'latest', digest: b, firstSeen: timeOf(30), lastSeen: timeOf(45)},
			{repository: 'infra-ci', tag: 'latest', digest: a, firstSeen: timeOf(0), lastSeen: timeOf(15)},
		]);
	});

	it('says of a tag that moved back that it names the old digest, and when it last named the other', () => {
		const inventory = seenBy(empty, [a, 0], [b, 30], [a, 60]);

		expect(namedBy(inventory, 'infra-ci', 'latest')).toMatchObject([
			{digest: a, firstSeen: timeOf(0), lastSeen: timeOf(60)},
			{digest: b, firstSeen: timeOf(30), lastSeen: timeOf(30)},
		]);
	});

	it('says which tags named a digest, and when a repository was last seen', () => {
		const inventory = withSightings(empty, [
			{repository: 'infra-ci', tag: '1.0', digest: a, seen: timeOf(0)},
			{repository: 'infra-ci', tag: 'latest', digest: a, seen: timeOf(15)},
			{repository: 'infra-ci', tag: 'latest', digest: b, seen: timeOf(30)},
		]);

		expect(namesOf(inventory, 'infra-ci', a).map(({tag}) => tag)).toEqual(['latest', '1.0']);
		expect(repositorySeen(inventory, 'infra-ci')).toBe(timeOf(30));
		expect(namesOf(inventory, 'other', a)).toEqual([]);
		expect(repositorySeen(inventory, 'other')).toBeUndefined();
		expect(namedBy(inventory, 'infra-ci', 'constructor')).toEqual([]);
	});
});

describe('the file of an inventory', () => {
	const text = textOf(entriesOf(seenBy(empty, [a, 0], [b, 30])));

	it('begins with its schema and registry, and has a line for each entry', () => {
		expect(text).toBe(
			[
				`{"schema":"regmedic.inventory/1","registry":"127.0.0.1:5055"}`,
				`{"repository":"infra-ci","tag":"latest","digest":"${b}","firstSeen":"2026-04-19T00:30:00Z","lastSeen":"2026-04-19T00:30:00Z"}`,
				`{"repository":"infra-ci","tag":"latest","digest":"${a}","firstSeen":"2026-04-19T00:00:00Z","lastSeen":"2026-04-19T00:00:00Z"}`,
				'',
			].join('\n'),
		);
		expect(headerOf(text.split('\n')[0]!)).toEqual({registry});
	});

	it('is read up to the line that was cut off, wherever that was', () => {
		fc.assert(
			fc.property(entries, fc.nat(), (all, at) => {
				const whole = textOf(all);
				const header = whole.indexOf('\n') + 1;
				const cut = header + (at % (whole.length - header + 1));
				const {inventory, isTorn} = read(whole.slice(0, cut));
				const left = whole.slice(header, cut).split('\n');
				const rest = left.pop()!;

				expect([...entriesOf(inventory)].length).toBe(left.length + Number(rest !== '' && !isTorn));
				expect(isTorn).toBe(rest !== '' && !rest.endsWith('}'));
			}),
		);
	});

	it('may have keys and blank lines that this version does not know', () => {
		const more = text.replaceAll('"}', '","platforms":["linux/amd64"],"more":{"schema":1}}').replaceAll('\n', '\n\n');

		expect(renderInventory(read(more).inventory)).toBe(text);
	});

	it.each([
		['without a header', '{"repository":"infra-ci"}\n', 1],
		['of another schema', '{"schema":"regmedic.inventory/2","registry":"127.0.0.1:5055"}\n', 1],
		['of which only half of the header was copied', text.slice(0, 30), 1],
		['that is none', 'root:x:0:0\n', 1],
		['that is empty', '', 1],
		['with half a line in its middle', `${text.slice(0, -40)}\n${text}`, 3],
		['with the header of another registry', `${text}{"schema":"regmedic.inventory/1","registry":"other:5000"}\n`, 4],
		['with a name that no repository has', text.replace('infra-ci', '../infra-ci'), 2],
		['with a name that no tag has', text.replace('latest', 'la/test'), 2],
		['with what is no digest', text.replace('sha256:0', 'sha256:x'), 2],
		['with a time in another notation', text.replace('T00:30:00Z', 'T00:30:00+00:00'), 2],
		['with an entry that was last seen before it was first seen', text.replace('T00:30:00Z', 'T00:31:00Z'), 2],
		['with a last line that is whole and no entry', `${text}{"repository":1}`, 4],
	])('%s is refused, with the line', (_, broken, line) => {
		expect(() => read(broken)).toThrow(
			expect.objectContaining({
				code: 'inventory.invalid',
				message: expect.stringMatching(new RegExp(`^inventory\\.jsonl:${line}: `)),
			}),
		);
	});

	it('shows no control characters of what it refuses', () => {
		const other = '{"schema":"regmedic.inventory/1","registry":"\\u001b[31m"}';

		expect(() => parseInventory(`${other}\n${text}`, '\u001b[2J')).toThrow(/^\^\[\[2J:2: [^\u001b]*$/);
	});
});
