import {expect, test} from 'vitest';
import type {OutputOf} from '../../../src/domain/incident/outputs.ts';
import {sayCheckLines} from '../../../src/domain/incident/say-damage.ts';

type Check = OutputOf<'check-all'>;

const whole = 'Every byte is there and matches its digest. Nothing of the image before is missing.';
const image = (title: string, more: Partial<Check['images'][number]>) =>
	({
		id: title,
		title,
		verdict: 'intact',
		remedy: 'relink',
		say: `relink, done. ${whole}`,
		...more,
	}) as Check['images'][number];
const lines = (...images: Check['images']) =>
	sayCheckLines({fresh: [], images, gaps: [], followUps: []} as unknown as Check);

test('what the checks of several intact images say alike is said once, with how many it holds for', () => {
	expect(
		lines(
			image('web:1', {}),
			image('web:2', {remedy: 'copy-back', say: `copy-back, done. ${whole}`}),
			image('web:3', {say: 'relink, done. Every part exists.'}),
		),
	).toEqual([
		'intact: web:1: relink, done.',
		'intact: web:2: copy-back, done.',
		'intact: web:3: relink, done. Every part exists.',
		`of 2 intact images: ${whole}`,
	]);
});

test('what is said of an image that is not intact stays with it, whatever others say', () => {
	const said = `relink, done. ${whole}`;

	expect(lines(image('web:1', {verdict: 'unknown', say: said}), image('web:2', {}))).toEqual([
		`unknown: web:1: ${said}`,
		`intact: web:2: ${said}`,
	]);
});

test('an image that nothing was done about, and is whole, keeps its sentence', () => {
	const {remedy: _, ...left} = image('web:1', {say: 'Nothing was done, and it is not damaged any more.'});

	expect(lines(left, {...left, title: 'web:2'})).toEqual([
		'intact: web:1: Nothing was done, and it is not damaged any more.',
		'intact: web:2: Nothing was done, and it is not damaged any more.',
	]);
});
