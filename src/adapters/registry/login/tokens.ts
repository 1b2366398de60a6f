import {abortable} from '../../../domain/abortable.ts';
import type {RegistryOptions} from '../options.ts';

/** A walk goes through one repository after the other: older tokens are not needed again soon. */
const mostTokens = 256;
/** A secret is never forgotten once it is reported, and a probe of a thousand repositories makes a thousand tokens. */
const mostReported = 64;
/** A token is renewed this long before it expires: as long as a request may take to arrive. */
const marginMs = 5000;

/** What a token service issues. */
export type TokenGrant = {token: string; lifetimeMs: number};

export type Token = {
	value: string;
	/** The registry has accepted it. */
	isProven: boolean;
	/** By the monotonic clock. */
	renewAt: number;
};

/** Tokens by scope. Concurrent callers share one request. */
export type Tokens = {
	get(scope: string, signal: AbortSignal): Promise<Token>;
	/** One that is there and has not expired. */
	known(scope: string): Token | undefined;
	/** Instead of a refused one: one that has been issued since, or a new one. */
	renewed(scope: string, refused: Token, signal: AbortSignal): Promise<Token>;
	/** Those in use. */
	values(): Iterable<string>;
};

export function createTokens(
	request: (scope: string) => Promise<TokenGrant>,
	{clock, onSecret}: Pick<RegistryOptions, 'clock' | 'onSecret'>,
): Tokens {
	const known = new Map<string, Token>();
	const requested = new Map<string, Promise<Token>>();
	let reported = 0;

	function shareRequest(scope: string): Promise<Token> {
		const running = requested.get(scope);
		if (running) {
			return running;
		}

		const started = clock.monotonic();
		const token = request(scope)
			.then(grant => remember(scope, grant, started))
			.finally(() => requested.delete(scope));
		requested.set(scope, token);
		return token;
	}

	function remember(scope: string, {token: value, lifetimeMs}: TokenGrant, started: number): Token {
		if (reported++ < mostReported) {
			onSecret?.(value);
		}

		const token = {value, isProven: false, renewAt: started + lifetimeMs - Math.min(marginMs, lifetimeMs / 4)};
		known.delete(scope);
		known.set(scope, token);
		if (known.size > mostTokens) {
			known.delete(known.keys().next().value!);
		}

		return token;
	}

	function current(scope: string): Token | undefined {
		const token = known.get(scope);
		return token !== undefined && clock.monotonic() < token.renewAt ? token : undefined;
	}

	async function get(scope: string, signal: AbortSignal): Promise<Token> {
		return current(scope) ?? abortable(shareRequest(scope), signal);
	}

	return {
		get,
		known: current,
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
