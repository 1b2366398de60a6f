import {stat} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {recallPlan, rememberPlan} from '../../../src/adapters/journal/plan-records.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

it('a plan without a store is remembered here, once, and for this user alone', async () => {
	const state = path.join(await createTempFolder(), 'state');
	const made = {id: '2026-04-19-1', what: 'made', note: 'now'} as const;
	const applied = {...made, what: 'applied'} as const;

	expect(await recallPlan(state, made.id, 'made')).toBeUndefined();
	expect(await rememberPlan(state, made)).toBeUndefined();
	expect(await recallPlan(state, made.id, 'made')).toBe('now');
	const marks = await Promise.all(Array.from({length: 5}, (_, n) => rememberPlan(state, {...applied, note: `${n}`})));
	expect(marks.filter(mark => mark === undefined)).toHaveLength(1);
	expect((await stat(path.join(state, 'plans'))).mode & 0o777).toBe(0o700);
});
