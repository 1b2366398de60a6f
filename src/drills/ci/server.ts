import {timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {type Listener, listenHttp} from '../listen.ts';
import {type CiAnswer, empty, json, page, serveAnswer, text} from './answers.ts';
import {branches, type CiChanges} from './changes.ts';
import type {Ledger} from './ledger.ts';
import {listPipelines, onePage} from './listing.ts';
import {
	logPayload,
	permissionsPayload,
	pipelinePayload,
	repositoryId,
	repositoryPayload,
	serverVersion,
	stepId,
	userPayload,
} from './payload.ts';
import {linesOf, progressOf} from './progress.ts';

export type CiOptions = {port: number; token: string; image: string; ledger: Ledger; changes: CiChanges};

/** Answers like a Woodpecker 3.17 server with one public repository. @see woodpecker v3.17.0 server/router/api.go */
export function startCi(options: CiOptions): Promise<Listener> {
	return listenHttp({
		what: 'CI',
		port: options.port,
		async answer(request, response) {
			response.setHeader('X-Woodpecker-Version', serverVersion);
			try {
				serveAnswer(request, response, await answerTo(request, options));
			} catch {
				serveAnswer(request, response, empty(500));
			}
		},
	});
}

async function answerTo(request: IncomingMessage, options: CiOptions): Promise<CiAnswer> {
	const url = new URL(request.url ?? '/', 'http://localhost');
	const trimmed = url.pathname.replace(/\/$/, '');

	if (trimmed !== url.pathname && trimmed !== '' && trimmed.startsWith('/api/')) {
		return empty(request.method === 'GET' ? 301 : 307, {Location: `${trimmed}${url.search}`});
	}

	const method = request.method ?? 'GET';
	// A token the server does not know makes a guest of its bearer, not an error.
	const isUser = isToken(request.headers.authorization, options.token);

	switch (`${method} ${url.pathname}`) {
		case 'GET /version':
			return json({source: 'https://github.com/woodpecker-ci/woodpecker', version: serverVersion});
		case 'GET /healthz':
			return empty(204);
		case 'GET /api/user':
			return isUser ? json(userPayload) : text(401, 'User not authorized');
		case 'GET /api/queue/info':
			return text(isUser ? 403 : 401, 'User not authorized');
	}

	const name = method === 'GET' ? /^\/api\/repos\/lookup\/(.+)$/.exec(url.pathname)?.[1] : undefined;
	if (name !== undefined) {
		const isKnown = decodeURIComponent(name).toLowerCase() === 'acme/infra';
		return isKnown ? json(repositoryPayload()) : empty(isUser ? 404 : 401);
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

type Route = (context: CiOptions & {query: URLSearchParams; request: IncomingMessage}) => CiAnswer | Promise<CiAnswer>;

/** Undefined: the web interface answers. */
function repositoryRoute(method: string, rest: string): Route | undefined {
	switch (`${method} ${rest}`) {
		case 'GET ':
			return () => json(repositoryPayload());
		case 'GET /permissions':
			return () => json(permissionsPayload);
		case 'GET /branches':
			return ({query}) => json(onePage(branches, query));
		case 'GET /pipelines':
			return ({ledger, query}) => listPipelines(ledger.pipelines(), query, Date.now());
		case 'POST /pipelines':
			return async ({changes, request}) => changes.create(await textOf(request));
		case 'GET /pipelines/latest':
			return ({ledger}) => {
				// Only pushes count as latest.
				const latest = ledger.pipelines().findLast(({event}) => event === 'push');
				return latest ? json(pipelinePayload(latest, Date.now(), {withWorkflows: true})) : empty(404);
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

function onePipeline(call: string, number: number, {ledger, changes, query}: Parameters<Route>[0]) {
	if (call === 'POST /cancel') {
		return changes.cancel(number);
	}

	if (call === 'POST ') {
		return changes.restart(number, query);
	}

	const pipeline = ledger.find(number);
	return pipeline ? json(pipelinePayload(pipeline, Date.now(), {withWorkflows: true})) : empty(404);
}

function stepLog(number: number, id: number, {ledger, image}: CiOptions): CiAnswer {
	const pipeline = ledger.find(number);
	const place = pipeline?.steps.findIndex((_, place) => stepId(number, place) === id) ?? -1;

	if (pipeline === undefined || place === -1) {
		return empty(404);
	}

	const now = Date.now();
	const lines = linesOf(pipeline.steps[place]!, progressOf(pipeline, now).steps[place]!, now, image);
	return json(logPayload(number, place, lines));
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
