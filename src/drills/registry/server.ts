import {randomBytes} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {openStore} from '../images/store.ts';
import {listenHttp} from '../listen.ts';
import {authorize, type BasicCredentials} from './authorization.ts';
import {createDescriptorCache} from './descriptor-cache.ts';
import {type Dialect, jsonType} from './dialect.ts';
import type {RegistryChange} from './exchange.ts';
import {createLookup} from './lookup.ts';
import {Refusal, serveRefusal} from './refusal.ts';
import {findRoute} from './router.ts';

export type RegistrySimulator = {
	/** `127.0.0.1:port` */
	readonly host: string;
	readonly port: number;
	readonly url: string;
	/** Clears the cache, as a restart of the process does. */
	restart(): void;
	close(): Promise<void>;
};

type RegistryOptions = {
	/** `rootdirectory` of the registry's configuration. */
	root: string;
	/** 0 or left out: any free port. @throws OperatorError drill.port-taken */
	port?: number;
	/** Without them every request is allowed. */
	credentials?: BasicCredentials;
	readonly?: boolean;
	/** By default 2.8. */
	dialect?: Dialect;
	changed?: (change: RegistryChange) => Promise<void>;
};

/** Behaves like distribution 2.8 or 3.1 with `cache: inmemory` and deletion enabled, over a real storage folder. */
export async function startRegistry(options: RegistryOptions): Promise<RegistrySimulator> {
	const {credentials, readonly = false, dialect = '2.8', changed = async () => {}} = options;
	const store = openStore(options.root);
	const cache = createDescriptorCache();
	const lookup = createLookup(store, cache, dialect);
	const secret = randomBytes(32).toString('hex');

	async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? '/', 'http://localhost');

		if (url.pathname === '/') {
			response.writeHead(200, {'Cache-Control': 'no-cache', 'Content-Length': 0}).end();
			return;
		}

		response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
		if (url.pathname === '/v2') {
			response.writeHead(301, {Location: '/v2/', 'Content-Length': 0}).end();
			return;
		}

		const route = findRoute(decoded(url.pathname), readonly);
		const isBase = url.pathname === '/v2/';
		if (route === undefined && !isBase) {
			sendText(response, 404, '404 page not found\n');
			return;
		}

		authorize(request, response, {credentials, route, url});

		if (route === undefined) {
			response.writeHead(200, {'Content-Type': jsonType(dialect), 'Content-Length': 2});
			response.end('{}');
			return;
		}

		const handler = route.methods.get(request.method ?? 'GET');
		if (handler === undefined) {
			response.setHeader('Allow', [...route.methods.keys()].sort().join(', '));
			sendText(response, 405, 'Method not allowed\n');
			return;
		}

		const {repository, reference} = route;
		await handler({request, response, url, repository, reference, store, cache, lookup, secret, dialect, changed});
	}

	const listener = await listenHttp({
		name: 'registry',
		port: options.port ?? 0,
		async respond(request, response) {
			try {
				await respond(request, response);
			} catch (error) {
				if (response.headersSent) {
					response.destroy();
				} else {
					const refusal = error instanceof Refusal ? error : new Refusal({code: 'UNKNOWN', detail: {}});
					serveRefusal(response, refusal, {withBody: request.method !== 'HEAD', dialect});
				}
			}
		},
	});

	return {
		host: `127.0.0.1:${listener.port}`,
		port: listener.port,
		url: `http://127.0.0.1:${listener.port}`,
		restart: () => cache.clear(),
		close: listener.close,
	};
}

function decoded(pathname: string): string {
	try {
		return decodeURIComponent(pathname);
	} catch {
		return pathname;
	}
}

function sendText(response: ServerResponse, status: number, text: string): void {
	response.writeHead(status, {
		'Content-Type': 'text/plain; charset=utf-8',
		'X-Content-Type-Options': 'nosniff',
		'Content-Length': text.length,
	});
	response.end(text);
}
