import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {createSsh2Shell} from '../../src/adapters/ssh/ssh2/ssh2.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const signal = AbortSignal.timeout(90_000);
const image = buildImage({seed: 'acme'});

describeReal('a store behind an sshd that allows one session at a time', ['sshd', 'ssh', 'ssh-keygen'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let sshd: RealSshd;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		store = openStore(path.join(temporary.folder, 'store'));
		await store.push('acme/tool', 'latest', image);
		sshd = await startSshd({folder: temporary.folder, options: ['MaxSessions 1']});
	});

	afterAll(async () => {
		await sshd.stop();
		await temporary[Symbol.asyncDispose]();
	});

	const transports: Record<string, () => Shell> = {
		openssh: () =>
			createOpenSshShell({
				processes,
				destination: 'vm',
				configFile: sshd.configFile,
				controlFolder: path.join(temporary.folder, 'c'),
				environment: process.env,
				nonce: createNonces(),
			}),
		ssh2: () =>
			createSsh2Shell({
				target: {
					...{host: sshd.host, port: sshd.port, user: sshd.user},
					...{identityFiles: [sshd.identityFile], knownHostsFiles: [sshd.knownHostsFile]},
				},
				place: 'vm',
				nonce: createNonces(),
			}),
	};

	it.each(Object.keys(transports))('is listed whole, although two commands read it at once: %s', async name => {
		const shell = transports[name]!();
		const listing = await createStorage({shell, root: store.root}).list({signal});
		await shell.close();

		expect(listing).toMatchObject({complete: true, gaps: []});
		expect(listing.repositories.get('acme/tool')?.tags.size).toBe(1);
		expect(listing.manifests.has(image.index.digest)).toBe(true);
		expect(listing.imageConfigs?.size).toBeGreaterThan(0);
	});
});
