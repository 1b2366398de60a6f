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

it('metrics come from the gateway’s /metrics', async () => {
	expect(await readMetrics(`${await gateway(200)}/`, signal)).toBe('/metrics');
});

it('a gateway that fails, is not there, and a file that is not there are said with a hint', async () => {
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

it('a person who stops is not told of a broken gateway', async () => {
	await expect(readMetrics(await gateway(200), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
