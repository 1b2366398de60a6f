import {spawnSync} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Preflight} from '../../src/domain/audit/preflight.ts';
import type {Scan} from '../../src/domain/storage/findings/finding.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {oddImages} from '../support/odd-images.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {registry3, registryProgram} from '../support/registry-program.ts';
import {rootOf} from '../support/store-tree.ts';

/** Both are no fault of an image, and the disk fills: no collection of registry 3 comes to its end. */
describeReal('what stops every collection of registry 3', [registry3], () => {
	let login: Login;
	let place: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		place = await temporaryFolder();
		login = await openLogin();
		const crontab = path.join(place.folder, 'bin/crontab');
		await mkdir(path.dirname(crontab));
		await writeFile(crontab, "#!/bin/sh\necho '25 3 * * 0 registry garbage-collect -m /c.yml'\n");
		await chmod(crontab, 0o755);
	});

	afterAll(async () => {
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	const cases: Record<string, {damage: (store: Store) => Promise<string>; words: RegExp}> = {
		'a schema 1 manifest': {
			async damage(store) {
				const image = oddImages['schema 1']!('old');
				const {digest} = rootOf(image);
				for (const blob of [...image.blobs, ...image.manifests]) {
					await store.writeBlob(blob);
				}

				await store.writeLink(store.layerLink('acme/old', image.blobs[0]!.digest), image.blobs[0]!.digest);
				await store.writeLink(store.revisionLink('acme/old', digest), digest);
				await store.writeTag('acme/old', 'v1', digest);
				return `repositories/acme/old/_manifests/revisions/${digest.replace(':', '/')}/link`;
			},
			words: /unrecognized manifest schema version 1/,
		},
		'a repository without layers': {
			async damage(store) {
				const {index} = buildImage({seed: 'sparse', platforms: ['linux/amd64']});
				await store.writeBlob(index);
				await store.writeLink(store.revisionLink('acme/sparse', index.digest), index.digest);
				await store.writeTag('acme/sparse', 'v1', index.digest);
				return 'repositories/acme/sparse/_layers';
			},
			words: /Path not found: \S+acme\/sparse\/_layers/,
		},
	};

	test.each(Object.keys(cases))('is told by scan and preflight, with the other findings kept: %s', async name => {
		const {damage, words} = cases[name]!;
		const store = openStore(path.join(place.folder, name.replaceAll(' ', '-')));
		await store.push('acme/app', 'v1', buildImage({seed: 'app', platforms: ['linux/amd64']}));
		const stop = await damage(store);
		const config = path.join(place.folder, `${name.replaceAll(' ', '-')}.yml`);
		await writeFile(config, `version: 0.1\nstorage:\n  filesystem: {rootdirectory: ${store.root}}\n`);

		for (const more of [[], ['-m']]) {
			const {status, stderr} = spawnSync(registryProgram('3.1')!, ['garbage-collect', ...more, config], {
				encoding: 'utf8',
			});
			expect(status).toBe(1);
			expect(stderr).toMatch(words);
		}

		const scanned = await login.run(['scan', '--path', store.root, '--json']);
		expect((JSON.parse(scanned.stdout) as Scan).harmless?.collectionStops).toEqual([
			{path: stop, collection: 'every', removed: 'nothing', first: 'repair', registry: 3},
		]);

		const collect = `${registryProgram('3.1')} garbage-collect --dry-run -m ${config}`;
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({registries: {lab: {url: 'http://127.0.0.1:1', storage: {root: store.root, collect}}}}),
		);
		const environment = {PATH: `${place.folder}/bin:${process.env.PATH}`};
		const {exitCode, stdout} = await login.run(['audit', 'lab', '--preflight', '--json'], {environment});
		const {risks, preflight} = JSON.parse(stdout) as {risks: {kind: string; file: string}[]; preflight: Preflight[]};
		expect(exitCode).toBe(3);
		expect(risks).toContainEqual(expect.objectContaining({kind: 'removes-children', file: 'crontab -l'}));
		expect(preflight[0]).toMatchObject({
			complete: false,
			failure: {stage: 'mark', message: expect.stringMatching(words)},
			stops: [{path: stop, registry: 3}],
		});
	});
});
