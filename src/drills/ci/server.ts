import {timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {type Listener, listenHttp} from '../listen.ts';
import {
	logJson,
	permissionsJson,
	pipelineJson,
	repositoryId,
	repositoryJson,
	serverVersion,
	stepId,
	userJson,
} from './api-json.ts';
import {branches, onePage, type PipelineRequests} from './pipeline-requests.ts';
import type {PipelineStore} from './pipeline-store.ts';
import {linesOf, progressOf} from './progress.ts';
import {type CiResponse, empty, json, page, sendResponse, text} from './response.ts';

type CiOptions = {port: number; token: string; image: string; store: PipelineStore; requests: PipelineRequests};

/** Responds like a Woodpecker 3.17 server with one public repository. @see woodpecker v3.17.0 server/router/api.go */
export function startCi(options: CiOptions): Promise<Listener> {
	return listenHttp({
		name: 'CI',
		port: options.port,
		async respond(request, response) {
			response.setHeader('X-Woodpecker-Version', serverVersion);
			try {
				sendResponse(request, response, await responseTo(request, options));
			} catch {
				sendResponse(request, response, empty(500));
			}
		},
	});
}

async function responseTo(request: IncomingMessage, options: CiOptions): Promise<CiResponse> {
	const url = new URL(request.url ?? '/', 'http://localhost');
	const trimmed = url.pathname.replace(/\/$/, '');

	if (trimmed !== url.pathname && trimmed !== '' && trimmed.startsWith('/api/')) {
		return empty(request.method === 'GET' ? 301 : 307, {Location: `${trimmed}${url.search}`});
	}

	const method = request.method ?? 'GET';
	// With an unknown token a client is a guest; that is not an error.
	const isUser = isToken(request.headers.authorization, options.token);

	switch (`${method} ${url.pathname}`) {
		case 'GET /version':
			return json({source: 'https://github.com/woodpecker-ci/woodpecker', version: serverVersion});
		case 'GET /healthz':
			return empty(204);
		case 'GET /api/user':
			return isUser ? json(userJson) : text(401, 'User not authorized');
		case 'GET /api/queue/info':
			return text(isUser ? 403 : 401, 'User not authorized');
	}

	const name = method === 'GET' ? /^\/api\/repos\/lookup\/(.+)$/.exec(url.pathname)?.[1] : undefined;
	if (name !== undefined) {
		const isKnown = decodeURIComponent(name).toLowerCase() === 'acme/infra';
		return isKnown ? json(repositoryJson()) : empty(isUser ? 404 : 401);
	}

	const [, id, rest = ''] = /^\/api\/repos\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
	if (id === undefined) {
		return page;
	}

	const route = repositoryRoute(method, rest);
	if (route === undefined) {
		return page;
	}

	if (!/^-?\d+$/.test(id)) {
		return empty(400);
	}

	if (Number(id) !== repositoryId) {
		return empty(isUser ? 404 : 401);
	}

	return method !== 'GET' && !isUser ? empty(401) : route({...options, query: url.searchParams, request});
}

type Route = (
	context: CiOptions & {query: URLSearchParams; request: IncomingMessage},
) => CiResponse | Promise<CiResponse>;

/** @returns undefined for a path that the web interface responds to */
function repositoryRoute(method: string, rest: string): Route | undefined {
	switch (`${method} ${rest}`) {
		case 'GET ':
			return () => json(repositoryJson());
		case 'GET /permissions':
			return () => json(permissionsJson);
		case 'GET /branches':
			return ({query}) => json(onePage(branches, query));
		case 'GET /pipelines':
			return ({requests, query}) => requests.list(query);
		case 'POST /pipelines':
			return async ({requests, request}) => requests.create(await textOf(request));
		case 'GET /pipelines/latest':
			return ({store}) => {
				// The server counts pushes only.
				const latest = store.pipelines().findLast(({event}) => event === 'push');
				return latest ? json(pipelineJson(latest, Date.now(), {withWorkflows: true})) : empty(404);
			};
	}

	const [, text, verb = ''] = /^\/pipelines\/([^/]+)(\/cancel)?$/.exec(rest) ?? [];
	const number = Number(text);
	if (text !== undefined && ['GET ', 'POST ', 'POST /cancel'].includes(`${method} ${verb}`)) {
		return context => (Number.isInteger(number) ? onePipeline(`${method} ${verb}`, number, context) : empty(400));
	}

	const [, pipeline, step] = (method === 'GET' && /^\/logs\/(\d+)\/(\d+)$/.exec(rest)) || [];
	return pipeline === undefined ? undefined : context => stepLog(Number(pipeline), Number(step), context);
}

function onePipeline(call: string, number: number, {store, requests, query}: Parameters<Route>[0]) {
	if (call === 'POST /cancel') {
		return requests.cancel(number);
	}

	if (call === 'POST ') {
		return requests.restart(number, query);
	}

	const pipeline = store.find(number);
	return pipeline ? json(pipelineJson(pipeline, Date.now(), {withWorkflows: true})) : empty(404);
}

function stepLog(number: number, id: number, {store, image}: CiOptions): CiResponse {
	const pipeline = store.find(number);
	const index = pipeline?.steps.findIndex((_, n) => stepId(number, n) === id) ?? -1;

	if (pipeline === undefined || index === -1) {
		return empty(404);
	}

	const now = Date.now();
	const lines = linesOf(pipeline.steps[index]!, progressOf(pipeline, now).steps[index]!, now, image);
	return json(logJson(number, index, lines));
}

function isToken(header: string | undefined, token: string): boolean {
	const [given, wanted] = [Buffer.from(header ?? ''), Buffer.from(`Bearer ${token}`)];
	return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function textOf(request: IncomingMessage): Promise<string> {
	let body = '';
	for await (const chunk of request.setEncoding('utf8')) {
		body += chunk;
	}

	return body;
}
