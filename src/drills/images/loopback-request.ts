import {once} from 'node:events';
import {Agent, type IncomingMessage, request} from 'node:http';

type LoopbackRequest = {
	method?: string;
	headers: Record<string, string>;
	body?: Uint8Array;
	signal: AbortSignal;
};

type LoopbackResponse = {
	ok: boolean;
	status: number;
	headers: {get(name: string): string | null};
	/** Undefined: it was cut off. */
	bytes: Buffer | undefined;
};

/**
 * Not the agent of Node: with NODE_USE_ENV_PROXY that one, and `fetch`, send every request to the proxy of the environment, also
 * one to loopback.
 * @see nodejs.org/api/http.html, "Built-in Proxy Support"
 */
const ownAgent = new Agent();

/**
 * One request to a server of the drill, and to nothing else.
 * @throws TypeError: no connection, as `fetch` throws it
 */
export async function requestLoopback(
	url: string,
	{method = 'GET', headers, body, signal}: LoopbackRequest,
): Promise<LoopbackResponse> {
	const {hostname} = new URL(url);
	if (hostname !== '127.0.0.1') {
		throw new Error(`A drill connects to 127.0.0.1 only, not to ${hostname}.`);
	}

	const length = body === undefined ? {} : {'Content-Length': `${body.length}`};
	const sent = request(url, {method, headers: {...headers, ...length}, agent: ownAgent, signal});
	sent.end(body);
	const [response] = await (once(sent, 'response') as Promise<[IncomingMessage]>).catch((error: Error) => {
		throw signal.aborted ? signal.reason : new TypeError(error.message, {cause: error});
	});
	const {statusCode: status = 0} = response;
	return {
		status,
		ok: status >= 200 && status < 300,
		headers: {get: name => response.headersDistinct[name.toLowerCase()]?.join(', ') ?? null},
		bytes: await bytesOf(response).catch(() => undefined),
	};
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of response) {
		chunks.push(chunk as Buffer);
	}

	return Buffer.concat(chunks);
}
