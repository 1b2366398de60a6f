import {expect, test} from 'vitest';
import type {DamagedImage} from '../../../src/domain/damage/damaged-image.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {ImageCheck, Verdict} from '../../../src/domain/image/verdict.ts';
import {judgeRepair, type Repaired} from '../../../src/domain/plan/judge-repair.ts';
import {titleOf} from '../../../src/domain/plan/row-title.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const damaged = (repository: string, more: Partial<DamagedImage> = {}): DamagedImage => ({
	id: `${repository}@${'a'.repeat(12)}`,
	repository,
	digest: digest('a'),
	tags: ['latest'],
	platforms: {whole: [], lost: ['linux/amd64', 'linux/arm64']},
	findings: ['child-swept'],
	...more,
});
const check = (verdict: Verdict): ImageCheck => ({
	reference: 'registry.example/app:latest',
	verdict,
	checked: {manifests: 1, blobs: 1},
	faults: [],
	unchecked: [],
	children: [],
});
const planned = (repository: string, verdict: Verdict, more: Partial<Repaired> = {}): Repaired => ({
	image: {damaged: damaged(repository), ids: new Set(), item: {remedy: 'relink', outcome: 'done', say: ''}},
	check: check(verdict),
	said: 'Checked.',
	...more,
});
const left = (repository: string): Repaired => ({image: {damaged: damaged(repository), ids: new Set()}});
const nothing = {images: [], gaps: []};
const judge = (looked: Repaired[], now: Parameters<typeof judgeRepair>[1] = nothing) =>
	judgeRepair(looked, now, titleOf);

test('all planned images are intact, and nothing else is damaged: N of N', () => {
	expect(judge([planned('a', 'intact'), planned('b', 'intact')])).toMatchObject({
		outcome: 'intact',
		verdict: 'intact',
		say: '2 of 2 planned intact.',
	});
});

test('what was put off is told apart from what was left, and keeps the repair from being called whole', () => {
	const later = (repository: string): Repaired => ({
		image: {damaged: damaged(repository), ids: new Set(), putOff: true},
	});

	expect(judge([planned('a', 'intact'), later('b')], {images: [damaged('b')], gaps: []})).toMatchObject({
		outcome: 'broken',
		verdict: 'broken',
		say: '1 of 1 planned intact; 1 put off to the next plan: b:latest.',
		images: [{}, {putOff: true, say: 'Put off: child-swept.'}],
	});
	expect(judge([planned('a', 'unknown'), later('b')], {images: [damaged('b')], gaps: []})).toMatchObject({
		outcome: 'unknown',
	});
});

test('what was intact and is not now comes first, and the repair is not called done', () => {
	const judged = judge([planned('a', 'intact')], {images: [damaged('z')], gaps: []});

	expect(judged).toMatchObject({outcome: 'broken', say: '1 new: z:latest; 1 of 1 planned intact.'});
	expect(judged.followUps[0]).toContain('z:latest is damaged, and was not before');
});

test('images that were left are named beside those that are intact, and the verdict is broken', () => {
	const judged = judge([planned('a', 'intact'), left('b')], {images: [damaged('b')], gaps: []});

	expect(judged).toMatchObject({
		outcome: 'left',
		verdict: 'broken',
		say: '1 of 1 planned intact; 1 left: b:latest.',
	});
	expect(judged.followUps.join()).toContain('b:latest is still damaged');
});

const leftWith = (leftNow: Repaired['leftNow'], more: Partial<DamagedImage> = {}): Repaired => ({
	image: {damaged: damaged('b', more), ids: new Set()},
	...(leftNow && {leftNow}),
});
const named = (tags: Record<string, Digest | null>) => new Map(Object.entries(tags));

test('an image that was left, and whose tags still name it, is whole where it is not damaged any more', () => {
	const judged = judge([planned('a', 'intact'), leftWith({tags: named({latest: digest('a')})})]);

	expect(judged).toMatchObject({outcome: 'intact', say: '1 of 1 planned intact.', followUps: []});
	expect(judged.images[1]).toEqual({
		id: damaged('b').id,
		title: 'b:latest',
		verdict: 'intact',
		say: 'Nothing was done, and it is not damaged any more.',
	});
});

test('an image that was left and whose tag somebody deleted is unknown while the registry has its digest, not whole', () => {
	const judged = judge([planned('a', 'intact'), leftWith({tags: named({latest: null}), isServed: true})]);

	const say = 'Its tag latest is gone: somebody deleted or moved it; nothing was done.';
	expect(judged).toMatchObject({
		outcome: 'unknown',
		verdict: 'unknown',
		say: '1 of 1 planned intact; 1 left, with tags that somebody deleted: b:latest.',
	});
	expect(judged.images[1]).toMatchObject({verdict: 'unknown', say: expect.stringContaining(say)});
	expect(judged.images[1]).not.toHaveProperty('gone');
	expect(judged.images[1]!.say).toMatch(/The registry still has sha256:a+, which was not checked\.$/);
	expect(judged.followUps).toEqual([
		expect.stringMatching(`^b:latest: find out whether its tags are still wanted. ${say}`),
	]);
});

test.each<[string, Repaired]>([
	['its digest too', leftWith({tags: named({latest: null, next: null}), isServed: false}, {tags: ['latest', 'next']})],
	[
		'a tag that led to nothing',
		leftWith({tags: named({latest: null, next: null})}, {digest: undefined as never, tags: ['latest', 'next']}),
	],
])('an image that was left and that somebody deleted is removed: %s', (_, left) => {
	const judged = judge([planned('a', 'intact'), left]);

	expect(judged.outcome).toBe('intact');
	expect(judged.images[1]).toMatchObject({
		verdict: 'removed',
		say: 'Its tags latest, next are gone: somebody deleted or moved them; nothing was done.',
	});
});

test('an image without tags that was left, and that the registry does not have any more, is removed, not whole', () => {
	const [gone, there] = judge([false, true].map(isServed => leftWith({tags: named({}), isServed}, {tags: []}))).images;

	expect(gone).toMatchObject({
		verdict: 'removed',
		say: 'Nothing was done, and the registry does not have it any more.',
	});
	expect(there!.verdict).toBe('intact');
});

test('of an image that was left, the tags that are gone and those that moved are told apart', () => {
	const left = leftWith({tags: named({latest: digest('c'), next: null})}, {tags: ['latest', 'next']});

	const [image] = judge([left]).images;

	expect(image!.verdict).toBe('intact');
	expect(image!.say).toMatch(/^Its tag next is gone: .*; nothing was done\. latest names sha256:c+ now\.$/);
});

test('an image that was left and whose tag could not be read is unknown', () => {
	const judged = judge([planned('a', 'intact'), leftWith({tags: named({})})]);

	expect(judged.outcome).toBe('unknown');
	expect(judged.images[1]).toMatchObject({
		verdict: 'unknown',
		say: 'Nothing was done. What latest names now could not be read.',
	});
});

test('an image that can be pulled and that the disk still lacks is broken: a registry serves from memory', () => {
	const judged = judge([planned('a', 'intact')], {images: [damaged('a')], gaps: []});

	expect(judged.outcome).toBe('broken');
	expect(judged.images[0]!.say).toContain('the disk lacks a part of it');
});

test.each([
	['a gap', [planned('a', 'intact')], {images: [], gaps: ['tools was not read']}],
	['a storage that fails', [planned('a', 'intact')], {images: [], gaps: [], trouble: 'The storage fails.'}],
	['an image that could not be checked', [planned('a', 'unknown')], nothing],
])('with %s nothing is called intact', (_, looked, now) => {
	expect(judge(looked, now)).toMatchObject({outcome: 'unknown', verdict: 'unknown'});
});

test('a platform that a repair lost is said, and is a task for later', () => {
	const comparedToOriginal = {
		same: false,
		platforms: {lost: ['linux/arm64'], new: []},
		mediaType: true,
		tags: {lost: [], moved: []},
	};

	const judged = judge([planned('a', 'intact', {comparedToOriginal})]);

	expect(judged.say).toBe('1 of 1 planned intact. a:latest has lost linux/arm64.');
	expect(judged.followUps).toEqual(['Build a:latest for linux/arm64 again: the repair left it out.']);
});
