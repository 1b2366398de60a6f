import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import type {Http} from './http.ts';
import {type ApiResponse, notWoodpecker, unreadable} from './response.ts';

/** The server gives no more than this, whatever is asked for. */
export const perPage = 50;

const repositorySchema = v.object({
	id: v.number(),
	full_name: v.fallback(v.string(), ''),
	active: v.fallback(v.boolean(), false),
	/** Minutes. */
	timeout: v.fallback(v.number(), 60),
	/** The events whose new pipelines cancel earlier ones. Where it is absent, the server's default is assumed. */
	cancel_previous_pipeline_events: v.fallback(v.nullish(v.array(v.string())), ['push', 'pull_request']),
});

type Repository = v.InferOutput<typeof repositorySchema>;

type Page = {
	items: unknown[];
	/** The server's clock, milliseconds since 1970. */
	dateMs: number;
};

/** The API as its readers need it: what does not exist is undefined, what the server refuses is thrown. */
export type Server = {
	readonly http: Http;
	/** The request ids of pipelines that were asked for one by one. */
	readonly asked: Map<string, string | undefined>;
	/**
	 * Undefined: the server does not know the path, or does not show it to this user.
	 * @throws OperatorError ci.unauthorized | ci.server-error | ci.unreachable | …
	 */
	read(path: string, waiting: Waiting): Promise<ApiResponse | undefined>;
	/**
	 * The pages of a list that a known repository has, one after the other. They do not end by themselves.
	 * @throws OperatorError ci.not-shown
	 */
	pages(path: string, query: Record<string, string>, waiting: Waiting): AsyncGenerator<Page>;
	/** The user of the token. @throws OperatorError ci.unauthorized */
	user(waiting: Waiting): Promise<{login: string}>;
	/** Asks for a repository by its full name. @throws OperatorError ci.repository-unknown */
	lookup(name: string, waiting: Waiting): Promise<Repository>;
	/** The number of a repository; each name is looked up once. @throws OperatorError ci.repository-unknown */
	id(name: string, waiting: Waiting): Promise<number>;
};

export function createServer(http: Http): Server {
	const {host} = http;
	const ids = new Map<string, number>();

	async function user(waiting: Waiting): Promise<{login: string}> {
		const response = await http.get('/api/user', waiting);
		if (response.status === 401 || response.status === 403) {
			throw new OperatorError('ci.unauthorized', `${host} does not accept the token.`, {
				hint: 'Create a new token in your CI user settings. A reset makes all earlier tokens invalid.',
				exit: 'refused',
			});
		}

		if (response.status !== 200) {
			throw serverError(host, response, 'GET /api/user');
		}

		return {login: String(objectIn(host, response).login ?? '')};
	}

	async function read(path: string, waiting: Waiting): Promise<ApiResponse | undefined> {
		const response = await http.get(path, waiting);
		if (response.status < 300) {
			return response;
		}

		// With a bad token a client is a guest, and the server does not say so: everything that is not public is then "not found".
		if (response.status === 401 || response.status === 403 || response.status === 404) {
			await user(waiting);
			return undefined;
		}

		throw serverError(host, response, `GET ${path}`);
	}

	async function* pages(path: string, query: Record<string, string>, waiting: Waiting): AsyncGenerator<Page> {
		for (let page = 1; ; page++) {
			const search = new URLSearchParams({...query, page: String(page), perPage: String(perPage)});
			const response = await read(`${path}?${search}`, waiting);
			if (!response) {
				throw new OperatorError('ci.not-shown', `${host} does not show ${path} to the user of the token.`, {
					hint: 'Check in the CI that your user may still read the repository.',
					exit: 'refused',
				});
			}

			yield {items: listIn(host, response), dateMs: response.dateMs};
		}
	}

	async function lookup(name: string, waiting: Waiting): Promise<Repository> {
		const path = name.split('/').map(encodeURIComponent).join('/');
		const response = await read(`/api/repos/lookup/${path}`, waiting);
		if (!response) {
			throw new OperatorError('ci.repository-unknown', `${host} does not know the repository ${name}.`, {
				hint: 'Write its full name as the CI shows it (owner/name), and check that your user may read it there.',
				exit: 'configuration',
			});
		}

		const parsed = v.safeParse(repositorySchema, objectIn(host, response));
		if (!parsed.success) {
			throw unreadable(host, 'about a repository does not have its number');
		}

		ids.set(name, parsed.output.id);
		return parsed.output;
	}

	return {
		http,
		asked: new Map(),
		read,
		pages,
		user,
		lookup,
		id: async (name, waiting) => ids.get(name) ?? (await lookup(name, waiting)).id,
	};
}

export function repositoryPath(id: number): string {
	return `/api/repos/${id}`;
}

/**
 * A list where one object is expected means that a proxy turned a POST into a GET.
 * @throws OperatorError ci.not-woodpecker
 */
export function objectIn(host: string, {json}: ApiResponse): Record<string, unknown> {
	if (isObject(json)) {
		return json;
	}

	throw notWoodpecker(host, `responds with ${Array.isArray(json) ? 'a list' : 'something else'} instead of one object`);
}

/** The server writes an empty list as `null`. @throws OperatorError ci.not-woodpecker */
export function listIn(host: string, {json}: ApiResponse): unknown[] {
	if (json === null || Array.isArray(json)) {
		return json ?? [];
	}

	throw notWoodpecker(host, 'responds with something else instead of a list');
}

function isObject(json: unknown): json is Record<string, unknown> {
	return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function serverError(host: string, {status, text}: ApiResponse, request: string): OperatorError {
	return new OperatorError('ci.server-error', `${host} responds ${status} to ${request}${text && `: ${text}`}.`, {
		hint: 'The CI or the forge behind it has a problem: check its log, or build without the CI (the fallback).',
		exit: 'failed',
		transient: status >= 500 || status === 429,
	});
}
