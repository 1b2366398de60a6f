import {describe, expect, it} from 'vitest';
import {askImage, askOne, askResumeOrAnother, askTakeOver} from '../../../src/plain/session/ask-before-session.ts';

async function* typed(...lines: string[]) {
	yield* lines;
}

describe('asking for the image', () => {
	it('says what is wrong with an answer and asks again, until an image can be read', async () => {
		const said: string[] = [];

		const image = await askImage(typed('', 'infra-ci:latest', ' registry.example:5050/infra-ci:latest ', 'too late'), {
			say: text => said.push(text),
			signal: new AbortController().signal,
		});

		expect(image).toEqual({host: 'registry.example:5050', repository: 'infra-ci', tag: 'latest'});
		expect(said).toEqual([
			expect.stringContaining('Which image cannot be pulled?'),
			'> ',
			expect.stringMatching(/"infra-ci:latest" is not an image reference(.|\n)*Write it as host(.|\n)*> $/),
		]);
	});

	it('ends without an image when the input ends', async () => {
		const silent = {say() {}, signal: new AbortController().signal};

		expect(await askImage(typed('nonsense'), silent)).toBeUndefined();
	});

	it('ends at once when it is called off before a line was typed', async () => {
		const ended = new AbortController();
		const never = {[Symbol.asyncIterator]: () => ({next: () => new Promise<never>(() => {})})};

		const asked = askImage(never, {say: () => ended.abort(), signal: ended.signal});

		expect(await asked).toBeUndefined();
	});
});

const holder = {actor: 'ada\u001B[2J', pid: 12, host: 'desk', since: '2026-04-19T03:12:00Z'};

async function answer(...lines: string[]) {
	const said: string[] = [];
	const isMeant = await askTakeOver(holder, typed(...lines), {
		say: text => said.push(text),
		signal: new AbortController().signal,
	});
	return {isMeant, said: said.join('')};
}

describe('taking an incident over', () => {
	it('names the holder, with control characters escaped, and takes the phrase', async () => {
		const {isMeant, said} = await answer('take over');

		expect(isMeant).toBe(true);
		expect(said).toContain('ada^[[2J is working on this incident (process 12 on desk, since 2026-04-19T03:12:00Z).');
	});

	it.each([[['y']], [['']], [['no', 'take over']], [[]]])('is not meant by %j', async lines => {
		expect((await answer(...lines)).isMeant).toBe(false);
	});
});

it.each([
	[['resume'], 'resume'],
	[[' another '], 'another'],
	[[''], undefined],
	[['yes'], undefined],
	[[], undefined],
])('an open incident is gone on with, or joined by a second one, by its word alone: %j', async (lines, expected) => {
	const said: string[] = [];

	const answer = await askResumeOrAnother('An incident of this registry is open: calm-otter.', typed(...lines), {
		say: text => said.push(text),
		signal: new AbortController().signal,
	});

	expect(answer).toBe(expected);
	expect(said.join('')).toContain('calm-otter');
});

it.each([
	[['2'], 1],
	[['0', 'three', '1'], 0],
	[['', '1'], undefined],
	[['9'], undefined],
])('one of several is taken by its number, and an empty line leaves: %j', async (lines, expected) => {
	const said: string[] = [];

	const chosen = await askOne('Which?', ['infra-ci\u001b[2J', 'shop'], typed(...lines), {
		say: text => said.push(text),
		signal: new AbortController().signal,
	});

	expect(chosen).toBe(expected);
	expect(said[0]).toContain('1. infra-ci^[[2J\n2. shop\n');
});
