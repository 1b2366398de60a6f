import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {registryRestart} from '../../src/engine/actions/registry-restart.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {localShell} from '../adapters/builder/fake-host.ts';
import {connect} from '../adapters/registry/server.ts';
import {type ComposeStack, composePrograms, openComposeStack} from '../support/compose-stack.ts';
import {contextWith} from '../support/fake-ports.ts';
import {describeReal, locate} from '../support/real.ts';

const {signal} = new AbortController();

describeReal('a registry that compose runs', composePrograms, () => {
	let place: string;
	let stack: ComposeStack;

	beforeAll(async () => {
		place = await mkdtemp(path.join(tmpdir(), 'regmedic-compose-'));
		stack = await openComposeStack(place);
	}, 120_000);

	afterAll(async () => {
		await stack?.[Symbol.asyncDispose]();
		await rm(place, {recursive: true, force: true});
	});

	/** The command is made from the configuration, as it is for everybody. */
	function storageWith(restart: object) {
		const storage = {root: path.join(place, 'data'), restart};
		const text = JSON.stringify({registries: {own: {url: `http://${stack.registry}`, storage}}});
		const {restart: restartCommand} = parseConfiguration(text, 'regmedic.yaml').registries.own!.storage!;
		return createStorage({shell: localShell('sh', stack.env), root: storage.root, restartCommand: restartCommand!});
	}

	async function restart(form: object) {
		const storage = storageWith(form);
		const [registry, proxy] = [connect({host: stack.registry}), connect({host: stack.proxy})];
		const context = contextWith({registry, addresses: [proxy], storage, clock: systemClock}, {timeoutMs: 100_000});
		try {
			expect(await storage.restartObstacles({signal})).toEqual([]);
			return {
				...(await registryRestart.run({image: null, since: null}, context)),
				log: await storage.restartLog({signal}),
			};
		} finally {
			await Promise.all([registry.close(), proxy.close()]);
		}
	}

	test.for<[string, () => object]>([
		['compose, of the version that is there', () => ({compose: 'registry', in: stack.folder, proxy: 'nginx'})],
		['podman', () => ({podman: 'stack_registry_1', proxy: 'stack_nginx_1'})],
		['docker', () => ({docker: 'stack_registry_1', proxy: 'stack_nginx_1'})],
	])(
		'is restarted by %s, then its proxy, and is waited for by both addresses',
		{timeout: 90_000},
		async ([name, form], {skip}) => {
			if (name === 'docker' && locate('docker') === undefined) {
				return skip('docker is not installed');
			}

			const before = await stack.started();

			const result = await restart(form());

			const after = await stack.started();
			expect(result).toMatchObject({
				outcome: 'restarted',
				say: expect.stringContaining(`The registry was restarted. It responds, also as ${stack.proxy}`),
			});
			expect(Object.keys(after).sort()).toEqual(['stack_nginx_1', 'stack_registry_1']);
			for (const name of Object.keys(after)) {
				expect(Number(after[name]), name).toBeGreaterThan(Number(before[name]));
			}

			expect(Number(after.stack_nginx_1)).toBeGreaterThanOrEqual(Number(after.stack_registry_1));
			expect(result.log).toContain('listening on');
		},
	);

	test('whose service has another name is not restarted, and neither is its proxy', async () => {
		const before = await stack.started();

		const result = await restart({compose: 'absent', in: stack.folder, proxy: 'nginx'});

		expect(result).toMatchObject({
			outcome: 'failed',
			say: expect.stringMatching(/exit code 1\. .*No such service: absent/),
		});
		expect(await stack.started()).toEqual(before);
	}, 60_000);
});
