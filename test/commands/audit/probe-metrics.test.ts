import {once} from 'node:events';
import {createServer} from 'node:http';
import {expect, it, onTestFinished} from 'vitest';
import {readMetrics} from '../../../src/commands/audit/probe-metrics.ts';
import {freePort} from '../../support/real.ts';

const {signal} = new AbortController();

async function gateway(status: number): Promise<string> {
	const server = createServer((request, response) => {
		response.writeHead(status).end(request.url);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	return `http://127.0.0.1:${(server.address() as {port: number}).port}`;
}

it('metrics are read from the gateway’s /metrics', async () => {
	expect(await readMetrics(`${await gateway(200)}/`, signal)).toBe('/metrics');
});

it('a gateway that fails, one that does not listen and a file that does not exist: each is an error with a hint', async () => {
	for (const [where, why] of [
		[await gateway(502), 'the response is 502'],
		[`http://127.0.0.1:${await freePort()}`, 'ECONNREFUSED'],
		['/nowhere/metrics.prom', 'ENOENT'],
	] as const) {
		await expect(readMetrics(where, signal)).rejects.toMatchObject({
			code: 'audit.metrics',
			message: expect.stringContaining(why),
		});
	}
});

it('a signal that stops the command wins over the error of the gateway', async () => {
	await expect(readMetrics(await gateway(200), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
