import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {promisify} from 'node:util';
import {expect, it, onTestFinished} from 'vitest';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {smallManifest} from '../../support/fake-ports.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
const megabyte = 2 ** 20;
const tagsEach = 25;

/** Every repository has the same tags, every tag an image of its own. */
async function startRegistry(repositories: number): Promise<string> {
	const server = createServer(({url = ''}, response) => {
		const [, repository, kind, name] = /^\/v2\/(.*?)\/?(_catalog|tags|manifests|blobs)[/?](.*)$/.exec(url) ?? [];

		if (kind === '_catalog') {
			const names = Array.from({length: repositories}, (_, n) => `acme/service-${n}`);
			response.end(JSON.stringify({repositories: names}));
		} else if (kind === 'tags') {
			response.end(JSON.stringify({tags: Array.from({length: tagsEach}, (_, n) => `1.${n}`)}));
		} else if (kind === 'blobs') {
			response.writeHead(206, {'content-range': 'bytes 1-1/2', 'content-length': 1}).end('}');
		} else {
			response.setHeader('content-type', mediaTypes.ociManifest);
			response.end(smallManifest(`${repository}:${name}`).bytes);
		}
	});
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('a probe needs no more memory after four times as many repositories', async () => {
	const [some, many] = [50, 200];
	const host = await startRegistry(many);

	const {stdout} = await run(
		process.execPath,
		['--expose-gc', path.join(root, 'test/support/probed-heap.ts'), host, `${some}`, `${many}`],
		{timeout: 85_000},
	);

	const {used, tags, unwell} = JSON.parse(stdout);
	expect({tags, unwell}).toEqual({tags: many * tagsEach, unwell: 0});
	// If the repositories were remembered, it would be two.
	expect(used[1] - used[0]).toBeLessThan(megabyte);
});

it('short-lived objects do not enlarge the heap of a long run', async () => {
	const program = `
		import {getHeapSpaceStatistics} from 'node:v8';
		import {keepHeapSmall} from '${path.join(root, 'src/commands/small-heap.ts')}';
		const size = () => getHeapSpaceStatistics().find(({space_name: name}) => name === 'new_space').space_size;
		keepHeapSmall();
		const before = size();
		const kept = [];
		for (let i = 0; i < 1e6; i++) kept[i % 100_000] = {i, text: 'x' + i};
		console.log(JSON.stringify([before, size()]));`;

	const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', program], {timeout: 10_000});

	const [before, after] = JSON.parse(stdout);
	// 2 MB and at times some pages more; left to V8, 32 MB in Node 22 and 128 in Node 24.
	expect(after).toBeLessThan(before + 15 * megabyte);
});
