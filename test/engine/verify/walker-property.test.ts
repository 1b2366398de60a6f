import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {ImageCheck} from '../../../src/domain/image/verdict.ts';
import {createRequestLimiter} from '../../../src/engine/verify/concurrency.ts';
import {createWalker, walkImage} from '../../../src/engine/verify/walk-image.ts';
import {damagedPlan, type GeneratedStore, type Plan, soundPlan, storeOf} from './generated-store.ts';
import {host} from './shelf.ts';

const {signal} = new AbortController();
const referenceOf = (tag: string) => parseReference(`${host}/acme/app:${tag}`);

/** Everything at once, in one run. */
function together(store: GeneratedStore): Promise<ImageCheck[]> {
	const walker = createWalker(store, {depth: 'edge', signal});
	return Promise.all(store.tagged.map(tag => walker.walk(referenceOf(tag))));
}

function eachAlone(plan: Plan): Promise<ImageCheck[]> {
	const store = storeOf(plan);
	return Promise.all(
		store.tagged.map(tag => {
			const limiter = createRequestLimiter({signal, busy: store.busy, first: 1, most: 1});
			return walkImage(store, referenceOf(tag), {depth: 'edge', signal, limiter});
		}),
	);
}

test('images walked together have the same checks as each alone, whatever the order of the answers', async () => {
	await fc.assert(
		fc.asyncProperty(damagedPlan, fc.scheduler(), async (plan, scheduler) => {
			const store = storeOf(plan, answer => scheduler.schedule(Promise.resolve(answer)));

			const checks = await scheduler.waitFor(together(store));

			expect(checks).toEqual(await eachAlone(plan));
			const digests = store.asked.filter(asked => asked.startsWith('sha256:'));
			expect(new Set(digests).size).toBe(digests.length);
		}),
		{numRuns: 150},
	);
});

test('answers for one image are used for the next', async () => {
	await fc.assert(
		fc.asyncProperty(damagedPlan, async plan => {
			const store = storeOf(plan);
			const walker = createWalker(store, {depth: 'edge', signal});
			const checks: ImageCheck[] = [];
			for (const tag of store.tagged) {
				checks.push(await walker.walk(referenceOf(tag)));
			}

			expect(checks).toEqual(await eachAlone(plan));
		}),
		{numRuns: 100},
	);
});

test('where nothing fails, every tag and every digest is requested exactly once', async () => {
	await fc.assert(
		fc.asyncProperty(soundPlan, async plan => {
			const store = storeOf(plan);
			const walker = createWalker(store, {depth: 'edge', signal});
			const checks: ImageCheck[] = [];
			for (const tag of store.tagged) {
				checks.push(await walker.walk(referenceOf(tag)));
			}

			expect(checks.every(({verdict}) => verdict === 'intact')).toBe(true);
			expect(new Set(store.asked).size).toBe(store.asked.length);
			expect(store.asked.filter(asked => asked.startsWith('t')).sort()).toEqual([...store.tagged].sort());
			// What a tag brought along is known by its digest too.
			for (const {digest, reference} of checks) {
				const since = store.asked.indexOf(parseReference(reference).tag!);
				expect(store.asked.slice(since)).not.toContain(digest);
			}
		}),
		{numRuns: 100},
	);
});
