import fc from 'fast-check';
import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {createRequestLimiter, type RequestLimiter} from '../../../src/engine/verify/concurrency.ts';

const busyError = () =>
	new OperatorError('registry.busy', 'Too much.', {hint: 'Wait.', exit: 'unreachable', transient: true});

type Server = {
	/** Requests it works on at a time; more only wait for each other. */
	capacity: number;
	/** Answers 429 to what comes while it has so many. */
	refusesAbove?: number;
	/** Breaks this request. */
	breaks?: (request: number) => boolean;
};

/** A server in a time of its own: answers come as fast as it can work, in the order of arrival. */
function simulate({capacity, refusesAbove = Number.POSITIVE_INFINITY, breaks = () => false}: Server, most = 32) {
	const controller = new AbortController();
	const queue: {at: number; end: () => void}[] = [];
	const free: number[] = Array.from({length: capacity}, () => 0);
	const limits: number[] = [];
	let now = 0;
	let busy = 0;
	let requests = 0;
	let worst = 0;
	const limiter: RequestLimiter = createRequestLimiter({
		signal: controller.signal,
		busy: () => busy,
		now: () => now,
		most,
	});

	async function ask(): Promise<void> {
		const request = requests++;
		worst = Math.max(worst, limiter.underWay() - limiter.limit());
		limits.push(limiter.limit());
		free.sort((a, b) => a - b);
		const at = Math.max(now, free[0]!) + 10;
		free[0] = at;
		const {promise, resolve, reject} = Promise.withResolvers<void>();

		if (limiter.underWay() > refusesAbove) {
			busy++;
		}

		queue.push({at, end: () => (breaks(request) ? reject(busyError()) : resolve())});
		return promise;
	}

	return {
		limiter,
		controller,
		limits,
		worst: () => worst,
		requests: () => requests,
		/** Makes so many requests as fast as they are let through. */
		async run(count: number): Promise<PromiseSettledResult<void>[]> {
			let isDone = false;
			const all = Promise.allSettled(Array.from({length: count}, () => limiter.run(ask))).finally(() => {
				isDone = true;
			});

			while (!isDone) {
				await new Promise(resolve => setImmediate(resolve));
				queue.sort((a, b) => a.at - b.at);
				const next = queue.shift();
				now = Math.max(now, next?.at ?? now);
				next?.end();
			}

			return all;
		},
	};
}

test('the limit grows to its maximum with a server that can bear it', async () => {
	const {run, limits} = simulate({capacity: 200});
	await run(3000);

	expect(limits[0]).toBe(6);
	expect(Math.max(...limits)).toBe(32);
	expect(limits.at(-1)).toBe(32);
});

test('the limit does not grow where that only makes each answer slower', async () => {
	const {run, limits} = simulate({capacity: 4});
	await run(3000);

	expect(Math.max(...limits)).toBe(8);
	expect(limits.filter(limit => limit > 6).length).toBeLessThan(limits.length / 5);
});

test('a response from an overloaded registry halves the limit', async () => {
	const {run, limits} = simulate({capacity: 200, refusesAbove: 12});
	await run(3000);

	expect(Math.max(...limits)).toBeLessThanOrEqual(14);
	expect(limits).toContain(7);
	const cuts = limits.filter((limit, at) => limit < (limits[at - 1] ?? 0));
	expect(cuts.length).toBeLessThan(60);
});

test('several failures of requests under way together halve the limit once', async () => {
	const {run, limiter} = simulate({capacity: 200, breaks: request => request < 6});
	await run(6);

	expect(limiter.limit()).toBe(3);
});

test('requests under way never exceed the limit, the limit never falls below 1, and every request is made', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.integer({min: 1, max: 64}),
			fc.option(fc.integer({min: 1, max: 40})),
			fc.integer({min: 2, max: 50}),
			fc.integer({min: 1, max: 40}),
			async (capacity, refusesAbove, breaksEvery, most) => {
				const server = simulate(
					{
						capacity,
						...(refusesAbove === null ? {} : {refusesAbove}),
						breaks: request => request % breaksEvery === 1,
					},
					most,
				);

				const ends = await server.run(200);

				expect(server.requests()).toBe(200);
				expect(ends.filter(({status}) => status === 'rejected').length).toBe(Math.ceil(199 / breaksEvery));
				expect(server.worst()).toBeLessThanOrEqual(0);
				expect(Math.min(...server.limits)).toBeGreaterThanOrEqual(1);
				expect(Math.max(...server.limits)).toBeLessThanOrEqual(most);
				expect(server.limiter.underWay()).toBe(0);
			},
		),
		{numRuns: 40},
	);
});

test('an abort rejects all waiting requests, and starts none', async () => {
	const {limiter, controller} = simulate({capacity: 1});
	const reason = new Error('ctrl-c');
	let started = 0;
	const never = () => {
		started++;
		return new Promise<void>(() => {});
	};
	const asked = Array.from({length: 20}, () => limiter.run(never));
	const waiting = Promise.allSettled(asked.slice(6));

	controller.abort(reason);

	expect(await waiting).toEqual(Array.from({length: 14}, () => ({status: 'rejected', reason})));
	await expect(limiter.run(never)).rejects.toBe(reason);
	expect(started).toBe(6);
});
