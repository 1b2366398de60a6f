import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {expect, test} from 'vitest';
import {createBuilder} from '../../src/adapters/builder/builder.ts';
import {pushMetrics} from '../../src/adapters/metrics/pushgateway.ts';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createWoodpecker} from '../../src/adapters/woodpecker/woodpecker.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {leakIn} from '../support/secret-encodings.ts';

const secret = 'J9x-Qw7Zp_Tk4Rm8Vb2';
const {add, redact} = createRedaction();
add(secret);

/** A server that answers everything with 400 and this body. */
async function serverThat(type: string, body: string) {
	const server = createServer((_request, response) => {
		response.writeHead(400, {'content-type': type}).end(body);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

const waiting = {signal: AbortSignal.timeout(60_000)};

/** What each outside system makes of a text of this many characters before the secret. */
const systems: Record<string, (body: string) => Promise<string>> = {
	async 'a registry'(body) {
		await using server = await serverThat(
			'application/json',
			JSON.stringify({errors: [{code: 'DENIED', message: body}]}),
		);
		const host = new URL(server.url).host;
		const registry = createRegistry({
			host,
			url: server.url,
			credentials: async () => undefined,
			redact,
			clock: systemClock,
		});
		const said = await registry.tags('app', waiting).then(String, String);
		await registry.close();
		return said;
	},
	async 'the CI'(body) {
		await using server = await serverThat('text/plain', body);
		const ci = createWoodpecker({url: server.url, token: async () => 'token', redact});
		const said = await ci
			.trigger({repository: 'acme/infra', branch: 'main', requestId: 'r', variables: {}} as never, waiting)
			.then(answer => JSON.stringify(answer), String);
		await ci.close();
		return said;
	},
	async 'a Pushgateway'(body) {
		await using server = await serverThat('text/plain', body);
		const push = {url: new URL(server.url), job: 'j', labels: {}, keepsRest: false, redact, ...waiting};
		return await pushMetrics([], push).then(String, String);
	},
	async 'a host'(body) {
		const shell = createLocalShell({processes, nonce: createNonces(), redact, environment: {PATH: process.env.PATH}});
		const builder = createBuilder({
			redact,
			shell: {...shell, run: async () => ({exitCode: 1, stdout: new Uint8Array(), stderr: `x\n${body}`})},
		});
		return builder.status('r', waiting).then(String, String);
	},
};

test.each(Object.entries(systems))('what %s says is masked before it is cut', async (_system, says) => {
	for (const before of [0, 285, 290, 296, 485, 490, 496]) {
		const said = await says(`${'.'.repeat(before)}${secret}${'.'.repeat(600)}`);

		expect(leakIn(said, secret), `${before}: ${said}`).toBeUndefined();
		expect(said).toContain('...');
	}
});
