import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type Answer, notWoodpecker} from './answer.ts';
import type {Http} from './http.ts';
import {type RawRepository, readRepository} from './repository.ts';

/** The API as its readers need it: what is not there is undefined, what is refused is thrown. */
export type Server = {
	readonly http: Http;
	/** Undefined: the server does not know it, or does not show it to this user. */
	read(path: string, waiting: Waiting): Promise<Answer | undefined>;
	/** A list of something a repository is known to have. @throws OperatorError ci.not-shown */
	list(path: string, waiting: Waiting): Promise<{items: unknown[]; dateMs: number}>;
	/** @throws OperatorError ci.unauthorized */
	user(waiting: Waiting): Promise<{login: string}>;
	/** By its full name, asked anew. @throws OperatorError ci.repository-unknown */
	lookup(name: string, waiting: Waiting): Promise<RawRepository>;
	/** The number behind a full name, remembered. */
	id(name: string, waiting: Waiting): Promise<number>;
};

export function createServer(http: Http): Server {
	const ids = new Map<string, number>();

	async function user(waiting: Waiting): Promise<{login: string}> {
		const answer = await http.get('/api/user', waiting);
		if (answer.status === 401 || answer.status === 403) {
			throw unauthorized(http.place);
		}

		if (answer.status !== 200) {
			throw serverError(http.place, answer, 'GET /api/user');
		}

		return {login: String(object(http.place, answer.json).login ?? '')};
	}

	async function read(path: string, waiting: Waiting): Promise<Answer | undefined> {
		const answer = await http.get(path, waiting);
		if (answer.status < 300) {
			return answer;
		}

		// A bad token makes us a guest, silently: everything not public is then "not found".
		if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
			await user(waiting);
			return undefined;
		}

		throw serverError(http.place, answer, `GET ${path}`);
	}

	async function lookup(name: string, waiting: Waiting): Promise<RawRepository> {
		const path = name.split('/').map(encodeURIComponent).join('/');
		const answer = await read(`/api/repos/lookup/${path}`, waiting);
		if (!answer) {
			throw new OperatorError('ci.repository-unknown', `${http.place} does not know the repository ${name}.`, {
				hint: 'Write its full name as the CI shows it (owner/name), and see that your user may read it there.',
				exit: 'configuration',
			});
		}

		const repository = readRepository(object(http.place, answer.json), http.place);
		ids.set(name, repository.id);
		return repository;
	}

	return {
		http,
		read,
		async list(path, waiting) {
			const answer = await read(path, waiting);
			if (!answer) {
				throw new OperatorError('ci.not-shown', `${http.place} does not show ${path} to the user of the token.`, {
					hint: 'See on the CI that your user may still read the repository.',
					exit: 'refused',
				});
			}

			return {items: list(http.place, answer.json), dateMs: answer.dateMs};
		},
		user,
		lookup,
		id: async (name, waiting) => ids.get(name) ?? (await lookup(name, waiting)).id,
	};
}

/** Where one thing is due, a list means that something on the way turned a POST into a GET. */
export function object(place: string, json: unknown): Record<string, unknown> {
	if (typeof json !== 'object' || json === null || Array.isArray(json)) {
		throw notWoodpecker(
			place,
			`answers with ${Array.isArray(json) ? 'a list' : 'something else'} where one thing is due`,
		);
	}

	return json as Record<string, unknown>;
}

/** Empty lists come as `null`. */
export function list(place: string, json: unknown): unknown[] {
	if (json === null || Array.isArray(json)) {
		return json ?? [];
	}

	throw notWoodpecker(place, 'answers with something else where a list is due');
}

export function unauthorized(place: string): OperatorError {
	return new OperatorError('ci.unauthorized', `${place} does not accept the token.`, {
		hint: 'Make a new one on your user page of the CI. Resetting a token ends all earlier ones.',
		exit: 'refused',
	});
}

function serverError(place: string, {status, text}: Answer, request: string): OperatorError {
	return new OperatorError('ci.server-error', `${place} answers ${status} to ${request}${text && `: ${text}`}.`, {
		hint: 'The CI or the forge behind it has trouble: look at its log, or build without it (the fallback).',
		exit: 'failed',
		transient: status >= 500 || status === 429,
	});
}
