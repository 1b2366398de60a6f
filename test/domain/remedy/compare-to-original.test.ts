import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type Digest, parseDigest} from '../../../src/domain/image/digest.ts';
import {
	compareToOriginal,
	lostPlatforms,
	type Original,
	type Repaired,
	sayComparison,
} from '../../../src/domain/remedy/compare-to-original.ts';
import {tries} from '../../support/sweep.ts';

const digests = ['a', 'b', 'c'].map(letter => parseDigest(`sha256:${letter.repeat(64)}`));
const [old, rebuilt, third] = digests as [Digest, Digest, Digest];

/** Two spellings of some: containerd takes either for the same platform. */
const spellings: Record<string, string[]> = {
	amd64: ['linux/amd64'],
	arm64: ['linux/arm64', 'linux/arm64/v8'],
	arm: ['linux/arm', 'linux/arm/v7'],
	s390x: ['linux/s390x'],
	riscv64: ['linux/riscv64'],
};
const platforms = fc
	.subarray(Object.keys(spellings), {minLength: 1})
	.chain(names =>
		fc.tuple(...names.map(name => fc.constantFrom(...spellings[name]!).map(spelled => ({name, spelled})))),
	);
const tags = fc.uniqueArray(fc.constantFrom('latest', 'main', '1.4.2', '2026-04', 'v2'), {minLength: 1});
const image = fc.record({platforms, isIndex: fc.boolean()});

test('whatever was there and is not is named, nothing else is, and "same" is said only where nothing differs', () => {
	fc.assert(
		fc.property(
			image,
			image,
			tags,
			fc.constantFrom(old, rebuilt),
			fc.array(fc.constantFrom<(Digest | null)[]>(old, rebuilt, third, null), {minLength: 5, maxLength: 5}),
			(before, after, names, digest, named) => {
				const original: Original = {
					digest: old,
					isIndex: before.isIndex,
					platforms: before.platforms.map(({spelled}) => spelled),
					tags: names,
				};
				const now: Repaired = {
					digest,
					isIndex: after.isIndex,
					platforms: after.platforms.map(({spelled}) => spelled),
					tags: new Map(names.map((tag, at) => [tag, named[at]!])),
				};
				const found = compareToOriginal(original, now)!;

				const had = before.platforms.map(({name}) => name);
				const has = after.platforms.map(({name}) => name);
				const isOther = digest !== old;
				const lost = isOther ? before.platforms.filter(({name}) => !has.includes(name)) : [];
				const added = isOther ? after.platforms.filter(({name}) => !had.includes(name)) : [];
				expect(found.platforms).toEqual({
					lost: lost.map(({spelled}) => spelled),
					new: added.map(({spelled}) => spelled),
				});
				expect(found.mediaType).toBe(!isOther || before.isIndex === after.isIndex);
				// Each tag is kept, lost or moved, and never two of these.
				const kept = names.filter((_, at) => named[at] === digest);
				expect([...kept, ...found.tags.lost, ...found.tags.moved].sort()).toEqual([...names].sort());
				for (const tag of found.tags.moved) {
					expect([old, digest, null]).not.toContain(now.tags.get(tag));
				}

				const nothingDiffers = lost.length + added.length === 0 && found.mediaType && kept.length === names.length;
				expect(found.same).toBe(nothingDiffers);
				const said = sayComparison(found).join(' ');
				for (const {spelled} of lost) {
					expect(said).toContain(spelled);
				}
			},
		),
		{numRuns: tries(300)},
	);
});

test('where it is not known what there was or is, nothing is called the same, unless the digest is', () => {
	const now: Repaired = {digest: rebuilt, isIndex: true, platforms: ['linux/amd64'], tags: new Map()};
	const original: Original = {digest: old, isIndex: true, platforms: ['linux/amd64'], tags: []};
	const {platforms: _, ...unnamed} = original;
	const {platforms: __, ...unread} = now;

	expect(compareToOriginal(unnamed, now)).toBeUndefined();
	expect(compareToOriginal(original, unread)).toBeUndefined();
	expect(sayComparison(undefined).join()).toContain('not known');
	expect(compareToOriginal(unnamed, {...unread, digest: old})).toMatchObject({same: true});
	// A tag that could not be read is neither lost nor kept.
	expect(compareToOriginal({...original, tags: ['latest']}, now)).toMatchObject({
		same: false,
		tags: {lost: [], moved: []},
	});
});

test('a rebuild of one platform is said in words', () => {
	const original: Original = {
		digest: old,
		isIndex: true,
		platforms: ['linux/amd64', 'linux/arm64'],
		tags: ['2026-04', 'latest'],
	};
	const found = compareToOriginal(original, {
		digest: rebuilt,
		isIndex: false,
		platforms: ['linux/amd64'],
		tags: new Map([
			['latest', rebuilt],
			['2026-04', old],
		]),
	});

	expect(found).toEqual({
		same: false,
		platforms: {lost: ['linux/arm64'], new: []},
		mediaType: false,
		tags: {lost: ['2026-04'], moved: []},
	});
	expect(sayComparison(found)).toEqual([
		'The repair lost linux/arm64, which the image had before.',
		'Its media type is another one: it changed between index and single image.',
		'2026-04 named the same image before, and does not name this one.',
	]);
	expect(lostPlatforms(['linux/arm64/v8', 'linux/arm64'], ['linux/amd64'])).toEqual(['linux/arm64/v8']);
});
