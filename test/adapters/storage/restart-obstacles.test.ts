import path from 'node:path';
import {expect, it} from 'vitest';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {parseConfiguration} from '../../../src/domain/configuration.ts';
import {pretendHost} from '../../support/hosts.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const {signal} = new AbortController();
const text = JSON.stringify({
	registries: {own: {url: 'http://127.0.0.1:5000', storage: {root: '/data', restart: {compose: 'registry', in: '/'}}}},
});
const restartCommand = parseConfiguration(text, 'regmedic.yaml').registries.own!.storage!.restart!;

it.each([
	[['docker'], []],
	[['docker-compose'], []],
	[[], ['neither docker nor docker-compose is there']],
])('of a restart by compose, %j on the host leaves %j in its way', async (names, obstacles) => {
	const programs = Object.fromEntries(names.map(name => [name, '']));
	const shell = await pretendHost('busybox', path.join(await createTempFolder(), 'host'), {programs});
	const storage = createStorage({shell, root: '/data', restartCommand});

	expect(await storage.restartObstacles({signal})).toEqual(obstacles);
});
