/**
 * Loaded with `node --import` before the shipped program. The simulators of a drill carry out one request that changes something, and
 * its reply is lost; neither they nor the program know of this file.
 *
 * LOSE_REPLY: `cut PUT /v2/…`: the connection breaks; `never PUT /v2/…`: no byte of it ever comes. Of the same request, only the first
 * time. LOSE_LOG: a file that gets each such request, a line each.
 */
import {appendFileSync} from 'node:fs';
import {type IncomingMessage, Server, type ServerResponse} from 'node:http';

const [, how, which] = /^(\w+) (.*)$/.exec(process.env.LOSE_REPLY ?? '') ?? [];
const log = process.env.LOSE_LOG;
let isLost = false;

/** Of the program, not of what builds and pushes in the simulated world. */
function changesSomething({method, headers}: IncomingMessage): boolean {
	return !['GET', 'HEAD', 'OPTIONS'].includes(method!) && !headers['user-agent']?.includes('(regmedic drill)');
}

function lose({socket}: IncomingMessage, response: ServerResponse): void {
	const swallow = () => response;
	const end = () => {
		if (how === 'cut') {
			socket.destroy();
		}

		return response;
	};
	Object.assign(response, {writeHead: swallow, write: () => true, flushHeaders: swallow, end});
}

const emit = Server.prototype.emit as (this: Server, name: string, ...args: unknown[]) => boolean;
Server.prototype.emit = function (this: Server, name: string, ...args: unknown[]) {
	const [request, response] = args as [IncomingMessage, ServerResponse];
	if (name === 'request' && changesSomething(request)) {
		const line = `${request.method} ${request.url}`;
		if (log !== undefined) {
			appendFileSync(log, `${line}\n`);
		}

		if (line === which && !isLost) {
			isLost = true;
			lose(request, response);
		}
	}

	return emit.call(this, name, ...args);
} as Server['emit'];
