import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {type Listener, listenHttp} from '../listen.ts';
import {userJson} from './json/account-json.ts';
import {agentsJson, queueJson} from './json/queue-json.ts';
import type {CiPlace, CiUser} from './place.ts';
import {repositoryResponse} from './repository-routes.ts';
import {type CiResponse, empty, json, page, redirect, sendResponse, text} from './response.ts';

/** Responds like a Woodpecker server of the place's dialect. @see woodpecker v3.17.0 server/router/api.go */
export function startCi({port, place}: {port: number; place: CiPlace}): Promise<Listener> {
	return listenHttp({
		name: 'CI',
		port,
		async respond(request, response) {
			response.setHeader('X-Woodpecker-Version', place.version);
			try {
				sendResponse(request, response, await responseTo(request, place));
			} catch {
				sendResponse(request, response, empty(500));
			}
		},
	});
}

async function responseTo(request: IncomingMessage, place: CiPlace): Promise<CiResponse> {
	const url = new URL(request.url ?? '/', 'http://localhost');
	const trimmed = url.pathname.replace(/\/$/, '');
	const method = request.method ?? 'GET';

	if (trimmed !== url.pathname && trimmed !== '' && trimmed.startsWith('/api/')) {
		return redirect(method === 'GET' ? 301 : 307, `${trimmed}${url.search}`);
	}

	// With an unknown token a client is a guest; that is not an error.
	const user = userOf(request.headers.authorization, place);

	switch (`${method} ${url.pathname}`) {
		case 'GET /version':
			return json({source: 'https://github.com/woodpecker-ci/woodpecker', version: place.version});
		case 'GET /healthz':
			return empty(204);
		case 'GET /api/user':
			return user ? json(userJson(user, place.dialect)) : text(401, 'User not authorized');
		case 'GET /api/queue/info':
			return forAdmin(user, () => json(queueJson(place)));
		case 'GET /api/agents':
			return forAdmin(user, () => json(agentsJson(place)));
		case 'POST /api/queue/pause':
		case 'POST /api/queue/resume':
			return forAdmin(user, () => {
				place.queue.paused = url.pathname.endsWith('pause');
				return empty(204);
			});
		default:
			return (await repositoryResponse({url, method, user, body: () => textOf(request)}, place)) ?? page;
	}
}

function forAdmin(user: CiUser | undefined, respond: () => CiResponse): CiResponse {
	return user?.admin ? respond() : text(user ? 403 : 401, 'User not authorized');
}

function userOf(header: string | undefined, {users}: CiPlace): CiUser | undefined {
	const given = hash(header ?? '');
	return [...users].find(([token]) => timingSafeEqual(given, hash(`Bearer ${token}`)))?.[1];
}

function hash(value: string): Buffer {
	return createHash('sha256').update(value).digest();
}

async function textOf(request: IncomingMessage): Promise<string> {
	let body = '';
	for await (const chunk of request.setEncoding('utf8')) {
		body += chunk;
	}

	return body;
}
