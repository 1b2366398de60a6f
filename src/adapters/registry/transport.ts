import {isLoopback} from '../../domain/reference.ts';
import type {Credentials, Waiting} from '../../engine/ports.ts';
import {type Answer, discard} from './answer.ts';
import {openConnections} from './connections.ts';
import {networkFailure, stalled} from './failures.ts';
import {type RegistryOptions, usualTimeouts} from './options.ts';
import {type Patience, usualClock} from './patience.ts';
import {redirected} from './refusals.ts';
import {trustOf} from './trust.ts';

const mostRedirects = 5;

export type Asking = {
	method: 'GET' | 'HEAD' | 'PUT';
	/** Below /v2/. A page of a list is asked for by its whole URL. */
	path: string | URL;
	headers?: Record<string, string>;
	body?: Uint8Array;
	/** Blobs may be stored with somebody else, who gets no credentials. */
	mayLiveElsewhere?: boolean;
	/** On a connection that nothing went over before. */
	fresh?: boolean;
	onConnected?: () => void;
	/** Milliseconds until the last byte; what is usual for anything small if left out. */
	deadline?: number;
};

/** Requests and answers; what they mean is for others to say. */
export type Transport = {
	readonly host: string;
	readonly patience: Patience;
	ask(asking: Asking, waiting: Waiting): Promise<Answer>;
	/** The name that requests are made under. */
	user(): Promise<string | undefined>;
	requests(): number;
	close(): Promise<void>;
};

export function createTransport(options: RegistryOptions): Transport {
	const {host} = options;
	const base = new URL(`${options.url.replace(/\/+$/, '')}/v2/`);
	const timeouts = {...usualTimeouts, ...options.timeouts};
	const clock = options.clock ?? usualClock;
	const connections = openConnections(base, timeouts, trustOf(options));
	let credentials: Promise<Credentials | undefined> | undefined;
	let requests = 0;

	function identity(): Promise<Credentials | undefined> {
		credentials ??= options.credentials().catch(error => {
			credentials = undefined;
			throw error;
		});
		return credentials;
	}

	async function ask(asking: Asking, {signal}: Waiting): Promise<Answer> {
		let url = typeof asking.path === 'string' ? new URL(asking.path, base) : asking.path;
		let known = await identity();

		for (let hops = 0; ; hops++) {
			const answer = await send(url, asking, known, signal);
			const location = answer.header('location');

			if (asking.method === 'PUT' || ![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) {
				return answer;
			}

			discard(answer);
			const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;

			if (next === undefined || hops === mostRedirects || !mayFollow(base, next, asking)) {
				throw redirected(host, location);
			}

			// Once away from home, never again: the way back is somebody else's idea.
			known = next.origin === base.origin ? known : undefined;
			url = next;
		}
	}

	async function send(url: URL, asking: Asking, known: Credentials | undefined, signal: AbortSignal): Promise<Answer> {
		signal.throwIfAborted();
		const place = url.origin === base.origin ? host : url.host;
		const dispatcher = asking.fresh ? connections.fresh(url, asking.onConnected) : connections.to(url);
		const until = deadline(asking.deadline ?? timeouts.whole, signal);
		const end = () => {
			until.clear();
			if (asking.fresh) {
				void dispatcher.destroy();
			}
		};
		const explain = (phase: 'asking' | 'reading') => (error: unknown) => {
			if (signal.aborted) {
				return signal.reason;
			}

			return until.passed() ? stalled(place, error) : (networkFailure(error, place, phase) ?? error);
		};
		const record = recorder(url, asking.method);
		requests++;

		try {
			const {statusCode, headers, body} = await dispatcher.request({
				origin: url.origin,
				path: url.pathname + url.search,
				method: asking.method,
				headers: {'user-agent': 'regmedic', 'accept-encoding': 'identity', ...authorization(known), ...asking.headers},
				body: asking.body === undefined ? null : Buffer.from(asking.body),
				signal: until.signal,
				// Undici closes the connection after every HEAD otherwise.
				...(asking.method === 'HEAD' ? {reset: false} : {}),
			});
			body.on('error', () => {}).once('close', end);
			record(statusCode);
			return {
				status: statusCode,
				header: name => [headers[name] ?? []].flat()[0],
				url,
				host: place,
				body,
				explain: explain('reading'),
			};
		} catch (error) {
			end();
			record();
			throw explain('asking')(error);
		}
	}

	function recorder(url: URL, method: string) {
		const at = clock.now().toISOString();
		const start = clock.monotonic();
		return (status?: number) =>
			options.onRequest?.({
				at,
				method,
				url: url.origin === base.origin ? url.href : url.origin + url.pathname,
				...(status === undefined ? {} : {status}),
				milliseconds: Math.round(clock.monotonic() - start),
			});
	}

	return {
		host,
		patience: {clock, random: options.random ?? Math.random},
		ask,
		user: async () => (await identity())?.username,
		requests: () => requests,
		close: () => connections.close(),
	};
}

/** Only blobs leave the house, and never from TLS to the open. */
function mayFollow(base: URL, next: URL, {mayLiveElsewhere = false}: Asking): boolean {
	if (next.origin === base.origin) {
		return true;
	}

	const isSafe = next.protocol === 'https:' || base.protocol === 'http:' || isLoopback(next.host);
	return mayLiveElsewhere && /^https?:$/.test(next.protocol) && isSafe;
}

function authorization(credentials: Credentials | undefined): Record<string, string> {
	if (credentials === undefined) {
		return {};
	}

	const {username, password} = credentials;
	return {authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`};
}

/** Without AbortSignal.any: that would keep a timer for every request until it fires. */
function deadline(milliseconds: number, outer: AbortSignal) {
	const controller = new AbortController();
	let passed = false;
	const timer = setTimeout(() => {
		passed = true;
		controller.abort();
	}, milliseconds);
	const stop = () => controller.abort(outer.reason);
	outer.addEventListener('abort', stop, {once: true});

	return {
		signal: controller.signal,
		passed: () => passed,
		clear() {
			clearTimeout(timer);
			outer.removeEventListener('abort', stop);
		},
	};
}
