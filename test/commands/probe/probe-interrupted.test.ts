import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import {openLogin} from '../../support/cli.ts';

const servers: Server[] = [];

afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

async function listen(server: Server): Promise<string> {
	servers.push(server.listen(0, '127.0.0.1'));
	await once(server, 'listening');
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('an interrupted probe ends at once with 130, and neither prints nor pushes half a report', async () => {
	await using login = await openLogin();
	let pushes = 0;
	const asked = Promise.withResolvers<void>();
	const registry = await listen(
		createServer(({url}, response) => {
			if (url?.includes('_catalog')) {
				response.end('{"repositories":["acme/app"]}');
			} else {
				asked.resolve();
			}
		}),
	);
	const gateway = await listen(
		createServer((_, response) => {
			pushes++;
			response.end();
		}),
	);

	const running = login.start(['probe', registry, '--push', `http://${gateway}`, '--metrics-file', 'half.prom']);
	await asked.promise;
	running.process.kill('SIGINT');

	expect(await running.ended).toMatchObject({exitCode: 130, stdout: ''});
	expect(pushes).toBe(0);
});
