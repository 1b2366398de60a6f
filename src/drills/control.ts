import {type Listener, listenHttp} from './listen.ts';

/** The way a program on the pretend host restarts the registry. */
export function startControl(options: {port: number; token: string; restart(): Promise<void>}): Promise<Listener> {
	return listenHttp({
		what: 'control',
		port: options.port,
		async answer(request, response) {
			if (request.headers.authorization !== `Bearer ${options.token}`) {
				response.writeHead(401).end();
			} else if (request.method !== 'POST' || request.url !== '/restart') {
				response.writeHead(404).end();
			} else {
				await options.restart();
				response.writeHead(204).end();
			}
		},
	});
}
