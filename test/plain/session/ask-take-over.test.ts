import {describe, expect, it} from 'vitest';
import {askTakeOver} from '../../../src/plain/session/ask-take-over.ts';

const holder = {actor: 'ada\u001B[2J', pid: 12, host: 'desk', since: '2026-04-19T03:12:00Z'};

async function* typed(...lines: string[]) {
	yield* lines;
}

async function answer(...lines: string[]) {
	const said: string[] = [];
	const isMeant = await askTakeOver(holder, typed(...lines), {
		say: text => said.push(text),
		signal: new AbortController().signal,
	});
	return {isMeant, said: said.join('')};
}

describe('taking an incident over', () => {
	it('names who holds it, visibly, and wants the words', async () => {
		const {isMeant, said} = await answer('take over');

		expect(isMeant).toBe(true);
		expect(said).toContain('ada^[[2J is working on this incident (process 12 on desk, since 2026-04-19T03:12:00Z).');
	});

	it.each([[['y']], [['']], [['no', 'take over']], [[]]])('is not meant by %j', async lines => {
		expect((await answer(...lines)).isMeant).toBe(false);
	});
});
