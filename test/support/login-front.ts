import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {type IncomingMessage, request, type ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import type {TLSSocket} from 'node:tls';
import type {Pair} from './certificates.ts';
import {freePort} from './real.ts';

/** One request as a front or a token service received it. */
export type Heard = {host: string; method: string; path: string; authorization: string | undefined; form: string};

/** How a front wants its clients to be logged in. */
export type Demand =
	| {kind: 'basic'}
	/** Tokens of this realm. */
	| {kind: 'bearer'; realm: string; tokens: TokenKeeper}
	/** This very token, which no realm issues. */
	| {kind: 'registry-token'; token: string}
	| {kind: 'certificate'; ca: string}
	| {kind: 'nothing'};

/** Names and passwords by repository; '' is for the rest. */
type People = Record<string, [name: string, password: string]>;

export const people: People = {'': ['nora', 'right'], 'acme/secret': ['sam', 'for-secret']};

export type Front = {port: number; heard: Heard[]; stop(): Promise<void>};

/** A proxy in front of a registry, with TLS, that lets in only whoever is logged in as it demands. */
export async function startFront({
	pair,
	backend,
	demand,
}: {
	pair: Pair;
	/** `127.0.0.1:5000` */
	backend: string;
	demand: Demand;
}): Promise<Front> {
	return startHttps(pair, demand.kind === 'certificate' ? demand.ca : undefined, (incoming, response, {bytes}) => {
		if (!isLetIn(incoming, demand)) {
			const challenge =
				demand.kind === 'basic'
					? 'Basic realm="acme"'
					: `Bearer realm="${demand.kind === 'bearer' ? demand.realm : 'https://nobody.acme.example/'}",service="acme registry"`;
			response
				.writeHead(401, {'www-authenticate': challenge, 'docker-distribution-api-version': 'registry/2.0'})
				.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
			return;
		}

		const {authorization: _, host: __, ...headers} = incoming.headers;
		request(
			`http://${backend}${incoming.url}`,
			{method: incoming.method!, headers: {...headers, host: backend}},
			answer => {
				response.writeHead(answer.statusCode!, answer.headers);
				answer.pipe(response);
			},
		).end(bytes);
	});
}

/** What the tokens in use are for. */
type TokenKeeper = Map<string, {user: string | undefined; scopes: string[]}>;

/**
 * A token service: anybody gets a token for acme/open, whoever is logged in for everything. It takes a name and a password, or an
 * identity token, which it gives to those who ask for one.
 */
export async function startRealm({
	pair,
	identityToken,
	tokens,
	location,
}: {
	pair: Pair;
	identityToken: string;
	tokens: TokenKeeper;
	/** Redirects there instead. */
	location?: string;
}): Promise<Front> {
	return startHttps(pair, undefined, (incoming, response, {form}) => {
		if (location !== undefined) {
			response.writeHead(307, {location}).end();
			return;
		}

		const url = new URL(incoming.url!, 'https://x');
		const posted = new URLSearchParams(form);
		const asked = incoming.method === 'POST' ? posted : url.searchParams;
		const scopes = asked.getAll('scope').flatMap(scope => scope.split(' '));
		const pair = basicIn(incoming);
		const user =
			posted.get('refresh_token') === identityToken ? 'token' : pair && isPerson(pair, scopes[0]) ? pair[0] : undefined;

		if ((pair || incoming.method === 'POST') && user === undefined) {
			response.writeHead(401, {'content-type': 'application/json'}).end('{"details":"incorrect username or password"}');
			return;
		}

		const token = `token-${tokens.size}-${Math.random().toString(36).slice(2)}`;
		tokens.set(token, {user, scopes});
		const isOffline = url.searchParams.get('offline_token') === 'true' && url.pathname.startsWith('/offline');
		response
			.writeHead(200, {'content-type': 'application/json'})
			.end(
				JSON.stringify({token, access_token: token, expires_in: 300, ...(isOffline && {refresh_token: identityToken})}),
			);
	});
}

function isLetIn(incoming: IncomingMessage, demand: Demand): boolean {
	const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(incoming.url!)?.[1];
	const bearer = /^Bearer (.*)$/.exec(incoming.headers.authorization ?? '')?.[1];
	const pair = basicIn(incoming);

	switch (demand.kind) {
		case 'nothing':
			return true;
		case 'basic':
			return pair !== undefined && isPerson(pair, repository);
		case 'registry-token':
			return bearer === demand.token;
		case 'certificate':
			return (incoming.socket as TLSSocket).authorized;
		case 'bearer': {
			const known = demand.tokens.get(bearer ?? '');
			return (
				known !== undefined && (repository === 'acme/open' || known.user !== undefined || repository === undefined)
			);
		}
	}
}

/** Without a repository anybody of them is let in, as at `/v2/`. */
function isPerson([name, password]: string[], about: string | undefined): boolean {
	const repository = Object.keys(people).find(each => each !== '' && about?.includes(each)) ?? '';
	const allowed = about === undefined ? Object.values(people) : [people[repository]!];
	return allowed.some(each => each[0] === name && each[1] === password);
}

function basicIn({headers}: IncomingMessage): string[] | undefined {
	const basic = /^Basic (.*)$/.exec(headers.authorization ?? '')?.[1];
	return basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':');
}

async function startHttps(
	pair: Pair,
	clientCa: string | undefined,
	answer: (incoming: IncomingMessage, response: ServerResponse, body: {form: string; bytes: Buffer}) => void,
): Promise<Front> {
	const heard: Heard[] = [];
	const port = await freePort();
	const server = createServer(
		{
			key: readFileSync(pair.key),
			cert: readFileSync(pair.cert),
			...(clientCa !== undefined && {ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true}),
		},
		async (incoming, response) => {
			const bytes = Buffer.concat(await incoming.toArray());
			const form = bytes.toString();
			const {host = '', authorization} = incoming.headers;
			heard.push({host, method: incoming.method!, path: incoming.url!, authorization, form});
			answer(incoming, response, {form, bytes});
		},
	).listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {
		port,
		heard,
		async stop() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}
