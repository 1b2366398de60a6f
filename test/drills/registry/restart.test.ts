import {truncate} from 'node:fs/promises';
import {expect, test} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore} from '../../../src/drills/images/store.ts';
import {startRegistry} from '../../../src/drills/registry/server.ts';
import {temporaryFolder} from '../../support/real.ts';
import {ask} from '../ask.ts';

test('the registry caches a blob’s size until it is restarted', async () => {
	await using place = await temporaryFolder();
	const store = openStore(place.folder);
	const image = buildImage({seed: 'restart'});
	const {digest, bytes} = image.blobs[1]!;
	await store.push('acme/app', '1', image);
	const registry = await startRegistry({root: place.folder});
	const head = async () => {
		const {status, headers} = await ask(registry.host, {method: 'HEAD', path: `/v2/acme/app/blobs/${digest}`});
		return [status, Number(headers['content-length'])];
	};

	try {
		expect(await head()).toEqual([200, bytes.length]);
		await truncate(store.blobFile(digest), 0);
		expect(await head()).toEqual([200, bytes.length]);

		registry.restart();

		expect(await head()).toEqual([200, 0]);
	} finally {
		await registry.close();
	}
});
