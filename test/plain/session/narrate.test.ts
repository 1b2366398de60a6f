import {expect, test} from 'vitest';
import type {SessionView} from '../../../src/engine/session/session.ts';
import {narrate} from '../../../src/plain/session/narrate.ts';
import {toldToRepair} from '../../support/told-incident.ts';

test('lines of a log that the screen no longer has are counted where they are missing', () => {
	const {incident} = toldToRepair();
	const view = (...numbers: number[]) =>
		({incident, live: {lines: numbers.map(number => ({number, text: `line ${number}`}))}}) as unknown as SessionView;

	expect(narrate(view(1, 2), view(1, 2, 3), {explains: false})).toEqual(['  | line 3']);
	expect(narrate(view(1, 2), view(503, 504), {explains: false})).toEqual([
		'  | (500 lines left out; the evidence has them)',
		'  | line 503',
		'  | line 504',
	]);
});
