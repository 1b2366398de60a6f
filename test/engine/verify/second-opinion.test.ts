import {expect, it} from 'vitest';
import type {CheckedPart} from '../../../src/engine/verify/parts.ts';
import {type Opinions, secondOpinion} from '../../../src/engine/verify/second-opinion.ts';

const missing = {
	part: {descriptor: {role: 'manifest', digest: `sha256:${'0'.repeat(64)}`, size: 1}, via: []},
	fault: {kind: 'child-missing', via: []},
	status: 404,
	below: [],
} as unknown as CheckedPart;

/** @returns how many were asked for again */
async function weigh(images: number, opinions: Opinions, state: string): Promise<number> {
	let asked = 0;
	const elsewhere = async () => {
		asked++;
		return [{state, status: 404}];
	};
	for (let n = 0; n < images; n++) {
		await secondOpinion({elsewhere}, [missing], {
			host: 'registry.example',
			opinions,
			signal: AbortSignal.timeout(10_000),
		});
	}

	return asked;
}

it('of thousands that are missing, a hundred are asked for again where all are answered alike', async () => {
	expect(await weigh(3_000, {alike: 0, differed: false}, 'missing')).toBe(100);
});

it('where one was answered differently, every other is asked for again as well', async () => {
	const opinions = {alike: 0, differed: false};
	await weigh(1, opinions, 'found');

	expect([opinions.differed, await weigh(300, opinions, 'missing')]).toEqual([true, 300]);
});
