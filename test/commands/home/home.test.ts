import {expect, test} from 'vitest';
import {sayHome} from '../../../src/commands/home/home.ts';

test('at 80 columns each command has its purpose beside it, at 60 below it, and nothing is cut', () => {
	for (const columns of [40, 60, 80, 200]) {
		expect(Math.max(...sayHome(columns).map(line => line.length))).toBeLessThanOrEqual(Math.max(columns, 46));
	}

	expect(sayHome(80)[0]).toBe('  regmedic respond --image HOST/REPOSITORY:TAG  an image cannot be pulled');
	expect(sayHome(60).slice(0, 2)).toEqual([
		'  regmedic respond --image HOST/REPOSITORY:TAG',
		'      an image cannot be pulled',
	]);
});
