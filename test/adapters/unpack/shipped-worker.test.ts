import path from 'node:path';
import {Worker} from 'node:worker_threads';
import {expect, inject, it} from 'vitest';
import type {FromWorker, ToWorker} from '../../../src/adapters/unpack/messages.ts';
import {tarOf} from '../../support/tar.ts';

it('the program that is shipped has the thread that unpacks layers', async () => {
	const {home, problem} = inject('program');
	expect(problem).toBeUndefined();
	const worker = new Worker(path.join(home, 'dist/unpack-worker.js'));
	const tell = (message: ToWorker) => worker.postMessage(message);
	const told: FromWorker[] = [];
	const {promise: done, resolve, reject} = Promise.withResolvers<void>();
	worker.on('error', reject).on('message', (message: FromWorker) => {
		told.push(message);
		if (message.kind !== 'took') {
			resolve();
		}
	});

	tell({id: 1, kind: 'open', layer: {algorithm: 'sha256'}});
	tell({id: 1, kind: 'write', chunk: new Uint8Array(tarOf({name: 'a', content: 'content'}))});
	tell({id: 1, kind: 'end'});
	await done;
	await worker.terminate();

	expect(told).toMatchObject([
		{id: 1, kind: 'took', bytes: 2048},
		{id: 1, kind: 'done', layer: {ok: true, size: 2048, contents: {entries: 1}}},
	]);
});
