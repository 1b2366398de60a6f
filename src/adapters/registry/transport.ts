import {Cancelled, type OperatorError} from '../../domain/errors.ts';
import {isLoopback} from '../../domain/image/reference.ts';
import type {RateLimit} from '../../domain/rate-limit.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {createSender} from './connection/sender.ts';
import {notARegistry, redirectRefused, refusalFor} from './errors/refusals.ts';
import {type Authorization, createAuthorizer} from './login/authorization.ts';
import {createCredentialCache} from './login/credentials.ts';
import {requestToken} from './login/token-service.ts';
import {sayLogin} from './login/way.ts';
import type {RegistryOptions} from './options.ts';
import type {RegistryRequest} from './request.ts';
import {discard, isHtml, type RegistryResponse, readShort} from './response.ts';
import type {Retrying} from './retry.ts';

const mostRedirects = 5;
const redirectStatuses = [301, 302, 303, 307, 308];

/** Sends requests with the right authorization and follows redirects. It does not retry: the reader of the response does. */
export type Transport = {
	readonly host: string;
	/** `https://registry.example:5050/v2/` */
	readonly base: URL;
	readonly retrying: Retrying;
	/** @throws OperatorError registry.* also where the status is not one of `expected` */
	send(request: RegistryRequest, waiting: Waiting): Promise<RegistryResponse>;
	/** @throws OperatorError registry.* for any other status, and for a web page */
	expectStatus(response: RegistryResponse, expected: readonly number[]): Promise<void>;
	/** What an unexpected response means; reads its body. */
	refusal(response: RegistryResponse): Promise<OperatorError>;
	/** See Registry. */
	certificate(): string | undefined;
	/** See Registry. */
	login(): string | undefined;
	/** See Registry. */
	rateLimit(): RateLimit | undefined;
	/** Requests sent so far. */
	requests(): number;
	/** Responses so far with status 429 or 503. */
	busy(): number;
	close(): Promise<void>;
};

/** @throws OperatorError registry.ca-unreadable | registry.client-certificate */
export function createTransport(options: RegistryOptions): Transport {
	const {host, clock} = options;
	const base = new URL(`${options.url.replace(/\/+$/, '')}/v2/`);
	const closing = new AbortController();
	const credentials = createCredentialCache(options.credentials);
	const {redact = (text: string) => text} = options;
	const sender = createSender(base, options, text => redact(authorizer.mask(text)));
	const authorizer = createAuthorizer({
		...options,
		base,
		credentials,
		requestToken: (realm, scope, repository) =>
			requestToken({realm, scope, repository, sought: () => options.sought?.() ?? []}, credentials, ({url, ...rest}) =>
				sender.send(
					{url, recordedUrl: withoutQuery(url), request: {path: url, scope, ...rest}},
					{signal: closing.signal},
				),
			),
	});

	let last: {scope: string; authorization: Authorization | undefined} | undefined;

	async function send(request: RegistryRequest, waiting: Waiting): Promise<RegistryResponse> {
		const {signal} = waiting;
		signal.throwIfAborted();
		const known = authorizer.authorize(request.scope, signal);
		let authorization = known instanceof Promise ? await known : known;
		let url = typeof request.path === 'string' ? new URL(request.path, base) : request.path;
		let isRegistry = true;

		for (let redirects = 0; ; redirects++) {
			// The query of a redirect may be a signature.
			const recordedUrl = redirects === 0 ? (request.recordedUrl ?? url.href) : authorizer.mask(withoutQuery(url));
			let response = await sender.send({url, recordedUrl, request, authorization: authorization?.header}, waiting);

			if (response.status === 401 && isRegistry) {
				request.onUnauthorized?.();
				const renewed = await authorizer.answerChallenge(response, authorization, request.scope, signal);

				if (renewed) {
					await readShort(response);
					authorization = renewed;
					response = await sender.send({url, recordedUrl, request, authorization: renewed.header}, waiting);
				}
			}

			if (isRegistry && (response.status === 401 || response.status === 403)) {
				response = {...response, way: authorizer.way(request.scope, authorization)};
			}

			// A token proves the login, whatever it opens.
			if (isRegistry && ((response.status !== 401 && response.status !== 403) || authorization?.token)) {
				last = {scope: request.scope, authorization};
			}

			if (authorization && isRegistry && response.status !== 401) {
				authorizer.accepted(authorization);
			}

			const location = redirectStatuses.includes(response.status) ? response.header('location') : undefined;
			if (location === undefined || !isRead(request)) {
				if (request.expected) {
					await expectStatus(response, request.expected);
				}

				return response;
			}

			await readShort(response);
			const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
			if (next === undefined || redirects === mostRedirects || !mayFollow(base, next, request)) {
				throw redirectRefused(host, location);
			}

			// A redirect back to the registry does not get the credentials again: another host chose that URL.
			isRegistry &&= next.origin === base.origin;
			authorization = isRegistry ? authorization : undefined;
			url = next;
		}
	}

	async function expectStatus(response: RegistryResponse, expected: readonly number[]): Promise<void> {
		if (!expected.includes(response.status)) {
			throw await refusal(response);
		}

		if (isHtml(response)) {
			discard(response);
			throw notARegistry(response);
		}
	}

	async function refusal(response: RegistryResponse): Promise<OperatorError> {
		return refusalFor(response, {registry: host, ...(response.way && {way: response.way})});
	}

	return {
		host,
		base,
		retrying: {clock, random: options.random ?? Math.random},
		send,
		expectStatus,
		refusal,
		certificate: sender.certificate,
		login: () => last && sayLogin(authorizer.way(last.scope, last.authorization)),
		rateLimit: sender.rateLimit,
		requests: sender.requests,
		busy: sender.busy,
		async close() {
			closing.abort(new Cancelled());
			await sender.close();
		},
	};
}

/** Writes are not redirected. */
function isRead({method}: RegistryRequest): boolean {
	return method === 'GET' || method === 'HEAD';
}

function withoutQuery({origin, pathname}: URL): string {
	return origin + pathname;
}

/** Only blobs may come from another host, and never without TLS where the registry has it. */
function mayFollow(base: URL, next: URL, {mayLeaveRegistry = false}: RegistryRequest): boolean {
	if (next.origin === base.origin) {
		return true;
	}

	const isSafe = next.protocol === 'https:' || base.protocol === 'http:' || isLoopback(next.host);
	return mayLeaveRegistry && /^https?:$/.test(next.protocol) && isSafe;
}
