import {Cancelled} from '../../domain/errors.ts';
import {isLoopback} from '../../domain/image/reference.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {createSender} from './connection/sender.ts';
import {redirected} from './errors/refusals.ts';
import {createAuthorization} from './login/authorization.ts';
import {createIdentity} from './login/credentials.ts';
import {askTokenService} from './login/token-service.ts';
import {createTokens} from './login/tokens.ts';
import type {RegistryOptions} from './options.ts';
import type {Asking} from './request.ts';
import {type Answer, readSome} from './response.ts';
import {type Patience, usualClock} from './retry.ts';

const mostRedirects = 5;
const smallBody = 64 * 1024;

/** Requests and answers; what they mean is for others to say. */
export type Transport = {
	readonly host: string;
	/** `https://registry.example:5050/v2/` */
	readonly base: URL;
	readonly patience: Patience;
	ask(asking: Asking, waiting: Waiting): Promise<Answer>;
	/** The name that requests are made under. */
	user(): Promise<string | undefined>;
	requests(): number;
	/** Answers that asked to be left alone. */
	busy(): number;
	close(): Promise<void>;
};

export function createTransport(options: RegistryOptions): Transport {
	const {host} = options;
	const base = new URL(`${options.url.replace(/\/+$/, '')}/v2/`);
	const {origin} = base;
	const clock = options.clock ?? usualClock;
	const sender = createSender(base, options, clock, mask);
	const closing = new AbortController();
	const identity = createIdentity(options.credentials);
	const authorization = createAuthorization({base, host, tokenService: options.tokenService}, identity, realm =>
		createTokens(
			scope =>
				askTokenService(realm(), scope, identity, (url, headers) =>
					sender.send(url, {method: 'GET', path: url, scope, headers}, undefined, closing.signal, withoutQuery(url)),
				),
			clock,
			options.onSecret,
		),
	);
	async function ask(asking: Asking, {signal}: Waiting): Promise<Answer> {
		signal.throwIfAborted();
		let url = typeof asking.path === 'string' ? new URL(asking.path, base) : asking.path;
		const pass = authorization.pass(asking.scope, signal);
		let shown = pass instanceof Promise ? await pass : pass;
		let isHome = true;

		for (let hops = 0; ; hops++) {
			// The query of a redirect may be a signature.
			const name = hops === 0 ? (asking.name ?? url.href) : mask(withoutQuery(url));
			let answer = await sender.send(url, asking, shown, signal, name);

			if (answer.status === 401 && isHome) {
				asking.onRefused?.();
				const other = await authorization.another(answer, shown, asking.scope, signal);

				if (other) {
					await readSome(answer, smallBody);
					shown = other;
					answer = await sender.send(url, asking, shown, signal, name);
				}
			}

			if (shown && isHome && answer.status !== 401) {
				authorization.accepted(shown);
			}

			const {status} = answer;
			const location = status >= 300 && status < 400 ? answer.header('location') : undefined;

			if (location === undefined || !isRead(asking) || ![301, 302, 303, 307, 308].includes(status)) {
				return answer;
			}

			// To its end: the connection is needed again.
			await readSome(answer, smallBody);
			const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;

			if (next === undefined || hops === mostRedirects || !mayFollow(base, next, asking)) {
				throw redirected(host, location);
			}

			// Once away from home, never again: the way back is somebody else's idea.
			isHome &&= next.origin === origin;
			shown = isHome ? shown : undefined;
			url = next;
		}
	}

	function mask(text: string): string {
		let masked = text;
		for (const token of authorization.tokens.values()) {
			masked = masked.replaceAll(token, '[secret]');
		}

		return masked;
	}

	return {
		host,
		base,
		patience: {clock, random: options.random ?? Math.random},
		ask,
		user: async () => (await identity.current())?.username,
		requests: sender.requests,
		busy: sender.busy,
		async close() {
			closing.abort(new Cancelled());
			await sender.close();
		},
	};
}

/** A write is not carried along by a redirect. */
function isRead({method}: Asking): boolean {
	return method === 'GET' || method === 'HEAD';
}

function withoutQuery({origin, pathname}: URL): string {
	return origin + pathname;
}

/** Only blobs leave the house, and never from TLS to the open. */
function mayFollow(base: URL, next: URL, {mayLiveElsewhere = false}: Asking): boolean {
	if (next.origin === base.origin) {
		return true;
	}

	const isSafe = next.protocol === 'https:' || base.protocol === 'http:' || isLoopback(next.host);
	return mayLiveElsewhere && /^https?:$/.test(next.protocol) && isSafe;
}
