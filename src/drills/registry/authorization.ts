import type {IncomingMessage, ServerResponse} from 'node:http';
import {Refusal} from './refusal.ts';
import type {Route} from './router.ts';

export type BasicCredentials = {username: string; password: string};

/** @throws Refusal UNAUTHORIZED. @see distribution v2.8.3 registry/handlers/app.go, appendAccessRecords */
export function authorize(
	request: IncomingMessage,
	response: ServerResponse,
	{credentials, route, url}: {credentials: BasicCredentials | undefined; route: Route | undefined; url: URL},
): void {
	if (credentials === undefined || request.headers.authorization === basic(credentials)) {
		return;
	}

	response.setHeader('WWW-Authenticate', 'Basic realm="acme"');
	throw new Refusal({code: 'UNAUTHORIZED', detail: accessOf(request.method ?? 'GET', route, url)});
}

export function basic({username, password}: BasicCredentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function accessOf(method: string, route: Route | undefined, url: URL) {
	if (route === undefined) {
		return null;
	}

	if (route.isCatalog) {
		return [{Type: 'registry', Class: '', Name: 'catalog', Action: '*'}];
	}

	const from = url.searchParams.get('from');
	return [
		...actionsOf(method).map(action => access(route.repository, action)),
		...(url.searchParams.has('mount') && from ? [access(from, 'pull')] : []),
	];
}

function actionsOf(method: string): string[] {
	if (method === 'GET' || method === 'HEAD') {
		return ['pull'];
	}

	return method === 'DELETE' ? ['delete'] : ['pull', 'push'];
}

function access(repository: string, action: string) {
	return {Type: 'repository', Class: '', Name: repository, Action: action};
}
