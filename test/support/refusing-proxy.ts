import type {IncomingMessage, ServerResponse} from 'node:http';
import {type Loopback, listen} from '../adapters/registry/server.ts';

/** `head`, `suffix` (`bytes=-1`), any `range`, or `all`; `ignore` sends the whole blob instead of a range. */
export type Optional = 'head' | 'suffix' | 'range' | 'all';

export type Refusal = {
	/** Of blobs. */
	what: Optional;
	/** `ignored`: no refusal; the range is passed over. */
	status: number | 'ignored';
	/** The registry redirects blobs to an address of its own, as to an object store, and that one refuses. */
	byStore?: boolean;
	/** What the refusal also says. */
	headers?: Record<string, string>;
};

const isAbout: Record<Optional, (request: IncomingMessage) => boolean> = {
	head: ({method}) => method === 'HEAD',
	suffix: ({headers}) => headers.range?.startsWith('bytes=-') ?? false,
	range: ({headers}) => headers.range !== undefined,
	all: () => true,
};

const isBlob = ({url}: IncomingMessage) => url!.includes('/blobs/');

/** Stands before a registry and refuses something optional about blobs. */
export async function refusingProxy(registry: string, {what, status, byStore = false, headers = {}}: Refusal) {
	const refusing = await listen((request, response) => {
		if (!isBlob(request) || !isAbout[what](request)) {
			void pass(registry, request, response);
		} else if (status === 'ignored') {
			delete request.headers.range;
			void pass(registry, request, response);
		} else {
			const [type, body] = byStore
				? ['application/xml', '<Error><Code>No</Code></Error>']
				: ['application/json', '{"errors":[{"code":"UNSUPPORTED","message":"not supported"}]}'];
			response.writeHead(status, {'content-type': type, ...headers}).end(request.method === 'HEAD' ? '' : body);
		}
	});
	if (!byStore) {
		return refusing;
	}

	const front = await listen((request, response) => {
		if (isBlob(request)) {
			response.writeHead(307, {location: `http://${refusing.host}${request.url}`}).end();
		} else {
			void pass(registry, request, response);
		}
	});
	return {
		...front,
		async [Symbol.asyncDispose]() {
			await front[Symbol.asyncDispose]();
			await refusing[Symbol.asyncDispose]();
		},
	} satisfies Loopback;
}

async function pass(registry: string, {method, url, headers}: IncomingMessage, response: ServerResponse) {
	const {accept = '*/*', range} = headers;
	const ask = () =>
		fetch(`http://${registry}${url}`, {
			method: method!,
			headers: {accept, ...(range !== undefined && {range})},
			redirect: 'manual',
		});
	// A kept connection may have been closed by the registry, after a body that it cut off.
	const answer = await ask().catch(ask);
	const kept = [...answer.headers].filter(([name]) => !['connection', 'transfer-encoding', 'date'].includes(name));
	response.writeHead(answer.status, Object.fromEntries(kept)).flushHeaders();
	try {
		for await (const chunk of answer.body ?? []) {
			await new Promise(written => response.write(chunk, written));
		}

		response.end();
	} catch {
		// Where the registry cuts a body off, so does this.
		response.socket?.end();
	}
}
