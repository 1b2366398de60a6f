import {chmod, chown, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

const nobody = 65534;
const names = Array.from({length: 6}, (_, n) => `acme/app-${n}`);

/** Only root can give files to another user. */
const programs = ['docker-registry', 'setpriv', ...(process.getuid?.() === 0 ? [] : ['root'])];

describeReal(
	`registry ${registryVersion} that cannot read a third of its files, of which none is damaged`,
	programs,
	() => {
		let place: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let registry: RealRegistry;

		beforeAll(async () => {
			[place, login] = await Promise.all([temporaryFolder(), openLogin()]);
			await chmod(place.folder, 0o755);
			const store = openStore(path.join(place.folder, 'store'));
			for (const name of names) {
				await store.push(name, 'v1', buildImage({seed: name, attestations: false, layers: 1}));
			}

			const entries = await readdir(store.root, {recursive: true, withFileTypes: true});
			const inside = (kind: 'isFile' | 'isDirectory') =>
				entries.filter(entry => entry[kind]()).map(entry => path.join(entry.parentPath, entry.name));
			await Promise.all(
				[store.root, ...inside('isDirectory'), ...inside('isFile')].map(file => chown(file, nobody, nobody)),
			);
			const data = inside('isFile')
				.filter(file => file.endsWith('/data'))
				.sort();
			for (const file of data.filter((_, n) => n % 3 === 0)) {
				await chown(file, 0, 0);
				await chmod(file, 0o600);
			}

			registry = await startDockerRegistry({
				root: store.root,
				folder: place.folder,
				wrapper: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
			});
			const storage = {root: store.root, restart: 'true'};
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({registries: {lab: {url: `http://${registry.host}`, storage}}}),
			);
		});

		afterAll(async () => {
			await registry?.stop();
			await login?.[Symbol.asyncDispose]();
			await place?.[Symbol.asyncDispose]();
		});

		type Report = {
			failures: number;
			faults: object;
			images: {reference: string; verdict: string; faults: {kind: string}[]; unchecked: {code: string}[]}[];
		};

		test('is the storage: no image is broken, and only instructions are offered', async () => {
			const probed = await login.run(['probe', 'lab', '--all', '--json']);
			const {failures, faults, images} = JSON.parse(probed.stdout) as Report;
			expect([probed.exitCode, failures, faults]).toEqual([8, 0, {}]);
			expect(images.map(({verdict}) => verdict)).not.toContain('broken');
			const unknown = images.filter(({verdict}) => verdict === 'unknown');
			expect(unknown.length).toBeGreaterThan(names.length / 2);
			expect(new Set(unknown.flatMap(({unchecked}) => unchecked.map(({code}) => code)))).toEqual(
				new Set(['registry.storage']),
			);

			const scanned = await login.run(['scan', '--registry', 'lab', '--compare', '--json']);
			expect([scanned.exitCode, JSON.parse(scanned.stdout)]).toMatchObject([8, {complete: false, findings: []}]);

			// Of one image alone the registry may give a reason, or only promise bytes that do not come.
			for (const {reference} of unknown.slice(0, 2)) {
				const {stdout} = await login.run([
					'respond',
					'orphan-index',
					'--another',
					'--image',
					reference,
					'--plain',
					'--auto',
				]);
				const said = stdout.replace(/\s+/g, ' ');
				expect(said).toContain('1. Repair the storage of the registry by hand (recommended)');
				expect(said).toMatch(
					/Restart the registry Not possible: The registry cannot read its storage: repair that first\./,
				);
				expect(said).not.toMatch(/blob-empty|manifest-unreadable|blob-truncated/);
			}
		});
	},
);
