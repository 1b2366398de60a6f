import {expect, test} from 'vitest';
import type {PlanImage} from '../../../src/domain/plan/plan.ts';
import {sayLeft} from '../../../src/plain/plan/say-left.ts';

const left = (id: string, remedies: PlanImage['remedies']) => ({id, remedies}) as PlanImage;

test('a reason that holds for every image that is left is said once, another one with the images that it holds for', () => {
	const noPipeline = {remedy: 'rebuild-ci', possible: false, why: 'No pipeline is configured.'} as const;
	const images = [
		left('web@1', [noPipeline, {remedy: 'relink', possible: false, why: 'Its layer is gone.'}]),
		left('web@2', [noPipeline, {remedy: 'remove', possible: true, why: 'It is deleted.'}]),
	];

	expect(sayLeft(images, 80)).toEqual([
		'',
		'Why 2 are left:',
		'  not rebuild-ci: No pipeline is configured.',
		'  not relink: Its layer is gone. (web@1)',
	]);
});

test('where nothing is left, or everything could be done, no reason is said', () => {
	expect(sayLeft([], 80)).toEqual([]);
	expect(sayLeft([left('web@1', [{remedy: 'remove', possible: true, why: 'It is deleted.'}])], 80)).toEqual([]);
});
