import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {type Containerd, startContainerd} from '../support/containerd.ts';
import {craftedImages} from '../support/crafted-images.ts';
import {writeParts} from '../support/push-parts.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** An image of another machine is right, too, and is pulled for its own platform. */
const forAnotherMachine = 'index-platform-of-another-architecture';

describeReal('images that were crafted after the code', ['docker-registry', 'containerd', 'ctr'], () => {
	let login: Login;
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let containerd: Containerd;
	const names = Object.keys(craftedImages);

	beforeAll(async () => {
		place = await temporaryFolder();
		const root = path.join(place.folder, 'root');
		const store = openStore(root);
		await mkdir(store.base, {recursive: true});
		for (const name of names) {
			await writeParts(store, `acme/${name}`, ['t'], craftedImages[name]!);
		}

		[login, registry, containerd] = await Promise.all([
			openLogin(),
			startDockerRegistry({root, folder: place.folder}),
			startContainerd(path.join(place.folder, 'containerd')),
		]);
	});

	afterAll(async () => {
		await containerd?.stop();
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	test('are broken at depth unpack or have a warning that names containerd where it cannot pull them, and are intact otherwise', async ({
		skip,
	}) => {
		const referenceTo = (name: string) => `${registry.host}/acme/${name}:t`;
		// Where this machine lets nobody mount, containerd unpacks nothing.
		const control = await containerd.pullAlone(referenceTo('layer-twice'));
		skip(control !== undefined, `containerd cannot unpack here: ${control}`);

		const {stdout} = await login.run(['verify', '--json', '--depth', 'unpack', ...names.map(referenceTo)]);
		const images: ImageCheck[] = JSON.parse(stdout).images;
		expect(images).toHaveLength(names.length);
		const ours: string[] = [];
		const theirs: string[] = [];
		for (const [at, name] of names.entries()) {
			const options = name === forAnotherMachine ? ['--all-platforms'] : [];
			const failure = await containerd.pullAlone(referenceTo(name), ...options);
			const {verdict, warnings = []} = images[at]!;
			const isWarned = warnings.some(({clients}) => clients.includes('containerd'));
			ours.push(`${name}: ${verdict === 'intact' && isWarned ? 'broken' : verdict}`);
			theirs.push(`${name}: ${failure === undefined ? 'intact' : 'broken'}`);
		}

		expect(theirs.filter(each => each.endsWith('broken')).length).toBeGreaterThan(names.length / 3);
		expect(ours).toEqual(theirs);
	}, 120_000);
});
