import type {IncomingMessage, ServerResponse} from 'node:http';

/** What a route responds with. Most refusals of the server are a bare status. */
export type CiResponse =
	| {kind: 'json'; body: unknown}
	| {kind: 'empty'; status: number; headers?: Record<string, string>}
	| {kind: 'text'; status: number; text: string}
	/** A slash too many. */
	| {kind: 'redirect'; status: 301 | 307; to: string}
	/** The web interface, which responds to every path that the API does not know. */
	| {kind: 'page'};

export const json = (body: unknown): CiResponse => ({kind: 'json', body});
export const empty = (status: number, headers: Record<string, string> = {}): CiResponse => ({
	kind: 'empty',
	status,
	headers,
});
export const text = (status: number, message: string): CiResponse => ({kind: 'text', status, text: message});
export const redirect = (status: 301 | 307, to: string): CiResponse => ({kind: 'redirect', status, to});
export const page: CiResponse = {kind: 'page'};

const webInterface = `<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><title>Woodpecker</title></head><body><div id="app"></div></body></html>
`;

export function sendResponse(request: IncomingMessage, response: ServerResponse, content: CiResponse): void {
	const [status, headers, body] = rendered(content);
	response.writeHead(status, {...headers, 'Content-Length': Buffer.byteLength(body)});
	response.end(request.method === 'HEAD' ? undefined : body);
}

function rendered(content: CiResponse): [status: number, headers: Record<string, string>, body: string] {
	switch (content.kind) {
		case 'json':
			return [200, {'Content-Type': 'application/json; charset=utf-8'}, JSON.stringify(content.body)];
		case 'text':
			return [content.status, {'Content-Type': 'text/plain; charset=utf-8'}, content.text];
		case 'page':
			return [200, {'Content-Type': 'text/html; charset=UTF-8'}, webInterface];
		case 'redirect':
			return [
				content.status,
				{Location: content.to, ...(content.status === 301 ? {'Content-Type': 'text/html; charset=utf-8'} : {})},
				content.status === 301 ? `<a href="${content.to}">Moved Permanently</a>.\n\n` : '',
			];
		case 'empty':
			return [content.status, content.headers ?? {}, ''];
	}
}
