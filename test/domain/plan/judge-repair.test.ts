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
