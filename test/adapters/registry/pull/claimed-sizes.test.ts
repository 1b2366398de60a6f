import {describe, expect, it} from 'vitest';
import {blobOf} from '../../../../src/drills/images/image.ts';
import {connect, listen} from '../server.ts';

const {digest, bytes} = blobOf('a layer');
const claimed = 137_438_953_472;
const waiting = {signal: AbortSignal.timeout(20_000)};

describe('a manifest that claims a layer of 137 GB', () => {
	it('does not end the wait for the layer at once: its last byte is asked for, and arrives', async () => {
		await using server = await listen((request, response) => {
			const last = claimed - 1;
			expect(request.headers.range).toBe('bytes=-1');
			setTimeout(() => {
				response.writeHead(206, {'content-range': `bytes ${last}-${last}/${claimed}`, 'content-length': '1'}).end('x');
			}, 50);
		});
		await using registry = connect(server);

		expect(await registry.blob('acme/app', {digest, size: claimed}, 'edge', waiting)).toMatchObject({state: 'present'});
	});

	it('is not waited for where the bytes trickle: the registry has stalled, which is no fault of the layer', async () => {
		await using server = await listen((_, response) => {
			response.writeHead(200, {'content-length': String(claimed)});
			const drip = setInterval(() => response.write(bytes), 20);
			response.once('close', () => clearInterval(drip));
		});
		await using registry = connect(server, {timeouts: {window: 300}});
		const before = performance.now();

		await expect(registry.blob('acme/app', {digest, size: claimed}, 'content', waiting)).rejects.toMatchObject({
			code: 'registry.stalled',
			exit: 'unreachable',
		});
		expect(performance.now() - before).toBeLessThan(5_000);
	});
});
