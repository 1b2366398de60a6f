import {describe, expect, it} from 'vitest';
import {askImage} from '../../../src/plain/session/ask-image.ts';

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

	it('ends with nothing when the person goes', async () => {
		const silent = {say() {}, signal: new AbortController().signal};

		expect(await askImage(typed('nonsense'), silent)).toBeUndefined();
	});

	it('ends at once when it is called off, although nobody typed anything', async () => {
		const ended = new AbortController();
		const never = {[Symbol.asyncIterator]: () => ({next: () => new Promise<never>(() => {})})};

		const asked = askImage(never, {say: () => ended.abort(), signal: ended.signal});

		expect(await asked).toBeUndefined();
	});
});
