import {randomBytes} from 'node:crypto';
import {expect, it} from 'vitest';
import {blobOf} from '../../../../src/drills/images/image.ts';
import {connect, listen} from '../server.ts';

it('a reader that is ready at once for every piece leaves the connection time to deliver the next', async () => {
	const blob = blobOf(randomBytes(200_000));
	await using server = await listen((_, response) => {
		response.writeHead(200, {'content-length': blob.bytes.length});
		response.write(blob.bytes.subarray(0, 100_000), () => response.end(blob.bytes.subarray(100_000)));
	});
	await using client = connect(server);
	const lengths: number[] = [];

	const answer = await client.blob('acme/app', {digest: blob.digest, size: blob.bytes.length}, 'content', {
		signal: AbortSignal.timeout(60_000),
		async onChunk(chunk) {
			lengths.push(chunk.length);
		},
	});

	expect(answer).toMatchObject({state: 'present'});
	expect(lengths).not.toContain(0);
});
