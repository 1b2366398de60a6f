import {sign} from 'node:crypto';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer, type IncomingMessage} from 'node:http';
import type {Pair} from './certificates.ts';

export type TokenService = {
	/** `http://127.0.0.1:PORT/token` */
	realm: string;
	/** The requested scopes, each with the user who requested it. */
	asked: {scopes: string[]; service: string | null; user: string | undefined}[];
	/** Of the next tokens, in seconds: how long they are valid, and what the response claims. */
	lifetime: {real: number; said: number};
	[Symbol.asyncDispose](): Promise<void>;
};

/**
 * The token service of a registry with `auth: token`: signs the allowed ones of the requested actions.
 * @param signer a certificate in the registry's rootcertbundle, and its P-256 key
 * @param allow the allowed actions of a user; undefined: the name or the password is wrong
 */
export async function startTokenService(
	signer: Pair,
	allow: (
		user: string | undefined,
		password: string | undefined,
	) => ((scope: string, action: string) => boolean) | undefined,
): Promise<TokenService> {
	const chain = [readFileSync(signer.cert, 'utf8').replace(/-----[^-]+-----|\s/g, '')];
	const key = readFileSync(signer.key, 'utf8');
	const asked: TokenService['asked'] = [];
	const lifetime = {real: 300, said: 300};

	const server = createServer((request, response) => {
		const url = new URL(request.url!, 'http://127.0.0.1');
		const [user, password] = credentialsOf(request);
		const scopes = url.searchParams.getAll('scope');
		const service = url.searchParams.get('service');
		const may = allow(user, password);
		asked.push({scopes, service, user});

		if (!may) {
			response.writeHead(401, {'content-type': 'application/json'}).end('{"details":"incorrect username or password"}');
			return;
		}

		const now = Math.floor(Date.now() / 1000);
		const access = scopes.map(scope => {
			const [type, ...rest] = scope.split(':');
			const actions = rest.pop()!.split(',');
			return {type, name: rest.join(':'), actions: actions.filter(action => may(scope, action))};
		});
		const claims = {
			iss: 'acme',
			sub: user ?? '',
			aud: service,
			nbf: now - 60,
			iat: now,
			exp: now + lifetime.real,
			access,
		};
		const token = signed({typ: 'JWT', alg: 'ES256', x5c: chain}, {...claims, jti: `${asked.length}`}, key);
		response
			.writeHead(200, {'content-type': 'application/json'})
			.end(JSON.stringify({token, expires_in: lifetime.said, issued_at: new Date(now * 1000).toISOString()}));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');

	return {
		realm: `http://127.0.0.1:${(server.address() as {port: number}).port}/token`,
		asked,
		lifetime,
		async [Symbol.asyncDispose]() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}

function credentialsOf({headers}: IncomingMessage): (string | undefined)[] {
	const basic = /^Basic (.*)$/.exec(headers.authorization ?? '')?.[1];
	return basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':');
}

/** @see RFC 7515: ES256 is the two numbers, not their ASN.1 */
function signed(header: object, claims: object, key: string): string {
	const text = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
	const signature = sign('sha256', Buffer.from(text), {key, dsaEncoding: 'ieee-p1363'});
	return `${text}.${signature.toString('base64url')}`;
}
