import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {openStore} from '../../src/drills/images/store.ts';
import {probe} from '../../src/engine/probe/probe.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registry3} from '../support/registry-program.ts';

const {signal} = new AbortController();

describeReal('the catalogue of distribution 3.1', [registry3], () => {
	/**
	 * A page that is full where the next repository lies below its last one makes the registry panic: "index out of range".
	 * @see distribution v3.1.1 registry/storage/catalog.go, Repositories
	 */
	test('that the registry panics at is never taken for a whole one', async () => {
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const store = openStore(path.join(folder, 'store'));
		for (const name of ['b/app', 'b/app/2', 'c']) {
			await mkdir(path.join(store.base, 'repositories', name, '_manifests/tags'), {recursive: true});
		}

		const server = await startDockerRegistry({root: store.root, folder, pageSize: 1, version: '3.1'});
		onTestFinished(async () => {
			await server.stop();
			await remove();
		});
		await using registry = connect({host: server.host});

		expect(await probe(registry, {depth: 'head', role: 'authoritative', clock: systemClock, signal})).toMatchObject({
			catalog: false,
			failures: 0,
			failure: {code: 'registry.unreachable', message: expect.stringContaining('closed the connection')},
		});
	});
});
