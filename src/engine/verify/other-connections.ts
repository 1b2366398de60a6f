import {createLimiter} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {RequestLimiter} from './concurrency.ts';

/** A balancer that takes turns leads one of two connections, opened one after the other, to another registry. */
const connectionsOfPair = 2;
const pairsAtATime = 8;

/**
 * A balancer leads a whole connection to one registry, by chance to the same one as before. A pair kept for all of a run would
 * repeat that chance for every image, so only so many questions share one.
 */
const questionsOfPair = 16;

/** Asks over connections of its own, which no request of the walk has used. */
export type OtherConnections = {
	/** Puts one question over two connections. @throws whatever keeps the registry from answering */
	ask<Answer>(question: (registry: Registry) => Promise<Answer>): Promise<Answer[]>;
	/** Work that may ask. Connections stay open for later questions until no such work is under way. */
	during<Result>(work: () => Promise<Result>): Promise<Result>;
};

/** What such a connection was answered about a part. */
export type Opinion = {state: string; status: number};

type Pair = {registries: readonly Registry[]; left: number};

/** A connection costs more than a question (TLS, a login), so questions share them. */
export function createOtherConnections(
	registry: Pick<Registry, 'fresh'>,
	{limiter, signal}: Waiting & {limiter: RequestLimiter},
): OtherConnections {
	const turns = createLimiter(() => pairsAtATime, signal);
	const free: Pair[] = [];
	let underWay = 0;

	function open(): Pair {
		return {registries: Array.from({length: connectionsOfPair}, () => registry.fresh()), left: questionsOfPair};
	}

	async function close(pairs: readonly Pair[]): Promise<void> {
		await Promise.all(pairs.flatMap(({registries}) => registries.map(other => other.close())));
	}

	return {
		ask: question =>
			turns.run(async () => {
				const {registries, left} = free.pop() ?? open();
				let next = 0;

				try {
					const answers = await Promise.all(registries.map(other => limiter.run(() => question(other))));
					next = left - 1;
					return answers;
				} finally {
					const pair = {registries, left: next};
					await (next > 0 ? free.push(pair) : close([pair]));
				}
			}),

		async during(work) {
			underWay++;

			try {
				return await work();
			} finally {
				underWay--;
				if (underWay === 0) {
					await close(free.splice(0));
				}
			}
		},
	};
}
