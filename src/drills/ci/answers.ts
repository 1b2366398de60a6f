import type {IncomingMessage, ServerResponse} from 'node:http';

/** What a route answers; most refusals of the server are a bare status. */
export type CiAnswer =
	| {kind: 'json'; body: unknown}
	| {kind: 'empty'; status: number; headers?: Record<string, string>}
	| {kind: 'text'; status: number; text: string}
	/** The web interface, which answers every path the API does not know. */
	| {kind: 'page'};

export const json = (body: unknown): CiAnswer => ({kind: 'json', body});
export const empty = (status: number, headers: Record<string, string> = {}): CiAnswer => ({
	kind: 'empty',
	status,
	headers,
});
export const text = (status: number, message: string): CiAnswer => ({kind: 'text', status, text: message});
export const page: CiAnswer = {kind: 'page'};

const webInterface = `<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><title>Woodpecker</title></head><body><div id="app"></div></body></html>
`;

export function serveAnswer(request: IncomingMessage, response: ServerResponse, answer: CiAnswer): void {
	const [status, headers, body] = rendered(answer);
	response.writeHead(status, {...headers, 'Content-Length': Buffer.byteLength(body)});
	response.end(request.method === 'HEAD' ? undefined : body);
}

function rendered(answer: CiAnswer): [status: number, headers: Record<string, string>, body: string] {
	switch (answer.kind) {
		case 'json':
			return [200, {'Content-Type': 'application/json; charset=utf-8'}, JSON.stringify(answer.body)];
		case 'text':
			return [answer.status, {'Content-Type': 'text/plain; charset=utf-8'}, answer.text];
		case 'page':
			return [200, {'Content-Type': 'text/html; charset=utf-8'}, webInterface];
		case 'empty':
			return [answer.status, answer.headers ?? {}, ''];
	}
}
