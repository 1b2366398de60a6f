import type {Clock} from '../../../engine/ports/clock.ts';
import {abortable} from '../connection/abortable.ts';

/** A walk goes through one repository after the other: what is older is not needed again soon. */
const mostTokens = 256;
/** Secrets that are told are remembered for good; a probe of a thousand repositories makes a thousand of them. */
const mostTold = 64;
/** As long as a request may take to get there. */
const marginMs = 5000;

export type Token = {
	value: string;
	/** The registry has let us in with it. */
	isProven: boolean;
	/** By the monotonic clock. */
	renewAt: number;
};

/** Tokens by what they are for. Whoever wants the same waits for the same request. */
export type Tokens = {
	get(scope: string, signal: AbortSignal): Promise<Token>;
	/** One that is there and still good. */
	known(scope: string): Token | undefined;
	/** Instead of one that was refused: what has come in between, or a new one. */
	renewed(scope: string, refused: Token, signal: AbortSignal): Promise<Token>;
	/** Those in use. */
	values(): Iterable<string>;
};

/** @param fetch asks the token service */
export function createTokens(
	fetch: (scope: string) => Promise<{token: string; lifetimeMs: number}>,
	clock: Pick<Clock, 'monotonic'>,
	onSecret: (secret: string) => void = () => {},
): Tokens {
	const known = new Map<string, Token>();
	const asked = new Map<string, Promise<Token>>();
	let told = 0;

	function request(scope: string): Promise<Token> {
		const running = asked.get(scope);
		if (running) {
			return running;
		}

		const started = clock.monotonic();
		const answer = fetch(scope)
			.then(({token: value, lifetimeMs}) => {
				if (told++ < mostTold) {
					onSecret(value);
				}

				const token = {value, isProven: false, renewAt: started + lifetimeMs - Math.min(marginMs, lifetimeMs / 4)};
				known.delete(scope);
				known.set(scope, token);
				if (known.size > mostTokens) {
					known.delete(known.keys().next().value!);
				}

				return token;
			})
			.finally(() => asked.delete(scope));
		asked.set(scope, answer);
		return answer;
	}

	function inHand(scope: string): Token | undefined {
		const token = known.get(scope);
		return token !== undefined && clock.monotonic() < token.renewAt ? token : undefined;
	}

	async function get(scope: string, signal: AbortSignal): Promise<Token> {
		return inHand(scope) ?? abortable(request(scope), signal);
	}

	return {
		get,
		known: inHand,
		renewed(scope, refused, signal) {
			if (known.get(scope) === refused) {
				known.delete(scope);
			}

			return get(scope, signal);
		},
		*values() {
			for (const {value} of known.values()) {
				yield value;
			}
		},
	};
}
