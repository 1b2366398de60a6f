import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {RaceClock} from './race-clock.ts';

/**
 * A CI behind a connection that loses the first orders: each is cut off at once, and reaches the server only later. A real server goes
 * on with a POST whose client hung up, until its forge has answered.
 * @param lateMs of each lost order, when it arrives; `never`: it does not
 */
export async function startLossyCi(url: string, clock: RaceClock, lateMs: readonly (number | 'never')[]) {
	const losses = [...lateMs];
	let orders = 0;
	const server = createServer(async (request, response) => {
		const body = Buffer.concat(await request.toArray());
		const {authorization = ''} = request.headers;
		const forward = () =>
			fetch(`${url}${request.url}`, {
				method: request.method!,
				headers: {authorization, 'content-type': 'application/json'},
				redirect: 'manual',
				...(request.method === 'POST' && {body}),
			});
		const isOrder = request.method === 'POST' && /\/pipelines(?:\/\d+)?$/.test(request.url!);
		orders += isOrder ? 1 : 0;
		const late = isOrder ? losses.shift() : undefined;
		if (late !== undefined) {
			if (late !== 'never') {
				clock.after(late, forward);
			}

			request.socket.destroy();
			return;
		}

		const answer = await forward();
		response.writeHead(answer.status, Object.fromEntries(answer.headers));
		response.end(Buffer.from(await answer.arrayBuffer()));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		/** How many orders and restarts were sent. */
		orders: () => orders,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}
