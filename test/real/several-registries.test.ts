import type {AddressInfo, Socket} from 'node:net';
import {createServer, connect as openSocket} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

const image = buildImage({seed: 'shared', layers: 1, attestations: false, platforms: ['linux/amd64']});
const layer = image.blobs[1]!;
const {signal} = new AbortController();

describeReal('two registries with one store behind one address', ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registries: RealRegistry[];
	let address: string;
	let made = 0;
	const sockets = new Set<Socket>();
	/** The connections of one walk go to the cold one, later ones to the other. */
	const balancer = createServer(socket => {
		const port = Number(registries[made++ < 3 ? 1 : 0]!.host.split(':')[1]);
		const behind = openSocket(port, '127.0.0.1');
		for (const end of [socket, behind]) {
			sockets.add(end.on('error', () => {}));
		}

		socket.pipe(behind).pipe(socket);
	});

	beforeAll(async () => {
		place = await temporaryFolder();
		store = openStore(path.join(place.folder, 'store'));
		await store.push('acme/app', 'v1', image);
		const options = {root: store.root, folder: place.folder};
		registries = [await startDockerRegistry(options), await startDockerRegistry(options)];
		await new Promise<void>(resolve => balancer.listen(0, '127.0.0.1', resolve));
		address = `127.0.0.1:${(balancer.address() as AddressInfo).port}`;
	});

	afterAll(async () => {
		for (const socket of sockets) {
			socket.destroy();
		}

		balancer.close();
		await Promise.all((registries ?? []).map(registry => registry.stop()));
		await place?.[Symbol.asyncDispose]();
	});

	async function verify(host: string): Promise<ImageCheck> {
		const clock = systemClock;
		const registry = createRegistry({host, url: `http://${host}`, clock, credentials: async () => undefined});
		try {
			return await walkImage(registry, parseReference(`${host}/acme/app:v1`), {depth: 'edge', signal});
		} finally {
			await registry.close();
		}
	}

	test('are noticed where one remembers what the other cannot find, and each by itself is not', async () => {
		await verify(registries[0]!.host);
		await store.remove(store.layerLink('acme/app', layer.digest));

		const [warm, cold] = await Promise.all(registries.map(({host}) => verify(host)));
		const seen = await verify(address);

		expect(warm!.verdict).toBe('intact');
		expect(cold).toMatchObject({verdict: 'broken', unchecked: []});
		expect(seen).toMatchObject({verdict: 'unknown', faults: [], unchecked: [{code: 'registry.answers-differ'}]});
	});
});
