import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {findDamage} from '../../src/engine/plan/scope.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {blob, image, layer, plainImage} from '../support/image-parts.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {writeParts} from '../support/push-parts.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** More than a scan reads of one config, and nothing that a client can read. */
const large = blob(Buffer.alloc(5_000_000, 'x'), 'application/vnd.oci.image.config.v1+json');

describeReal('a config that the scan of the disk does not read', ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let root: string;
	let real: RealRegistry;
	let login: Login;

	beforeAll(async () => {
		place = await temporaryFolder();
		root = path.join(place.folder, 'root');
		const store = openStore(root);
		await mkdir(store.base, {recursive: true});
		await writeParts(store, 'acme/plain', ['t'], plainImage('plain'));
		const layers = [layer('large')];
		const top = image({layers, fields: {config: large.descriptor}});
		await writeParts(store, 'acme/large', ['t'], {...top, needs: [large, ...layers]});
		[real, login] = await Promise.all([startDockerRegistry({root, folder: place.folder}), openLogin()]);
	});

	afterAll(async () => {
		await real?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	test('is told beside the findings, and "no fault" does not rest on it', async () => {
		const {stdout, exitCode} = await login.run(['scan', '--path', root]);

		expect(exitCode).toBe(0);
		const said = stdout.replaceAll(/\s+/g, ' ');
		expect(said).toContain('No fault found in what was read: the data, links and manifests, and not all configs.');
		expect(said).toContain(
			'1 config of images not read: too many or too large. Whether a client can read it is not known',
		);
	});

	test('is read over HTTP before a plan is made: its image is among the damaged ones', async () => {
		const {host} = real;
		const registry = createRegistry({
			host,
			url: `http://${host}`,
			clock: systemClock,
			credentials: async () => undefined,
		});
		const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root});
		const {signal} = new AbortController();

		try {
			const scope = await findDamage({
				registry,
				storage,
				role: 'authoritative',
				platforms: {},
				clock: systemClock,
				signal,
			});

			expect(scope.gaps).toEqual([]);
			expect(scope.images).toMatchObject([{repository: 'acme/large', findings: ['config-unreadable']}]);
		} finally {
			await storage.close();
			await registry.close();
		}
	});
});
