import {createHash} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** Each runs the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 300_000});

/** Only its URL is known: no disk is read, and none is spoken of. */
describeReal('a registry without access to its storage', ['docker-registry', 'skopeo'], () => {
	let login: Login;
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	let mirror: RealRegistry;
	const images: Record<string, BuiltImage> = {};
	const inside = (name: string) => path.join(temporary.folder, name);
	const digestOf = (name: string) => images[name]!.index.digest;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		login = await openLogin();
		store = openStore(inside('store'));
		const second = openStore(inside('mirror'));
		for (const name of [
			'app:1.0',
			'app:1.1',
			'app:2.0',
			'app:9.0',
			'old:1.0',
			'far:latest',
			'built:latest',
			'left:latest',
		]) {
			const [repository = '', tag = ''] = name.split(':');
			images[name] = buildImage({
				seed: name,
				layers: 1,
				attestations: false,
				...(name === 'app:9.0' && {platforms: ['linux/amd64']}),
				...(name === 'app:2.0' && {created: '2026-03-01T00:00:00Z'}),
				...(name === 'app:1.0' && {created: '2026-01-01T00:00:00Z'}),
			});
			await store.push(`acme/${repository}`, tag, images[name]);
		}

		await second.push('acme/far', 'latest', images['far:latest']!);
		images['built anew'] = buildImage({seed: 'built anew', layers: 1, attestations: false});
		await second.push('ci/built', 'latest', images['built anew']);
		for (const name of ['app:1.1', 'old:1.0', 'far:latest', 'built:latest', 'left:latest']) {
			await store.remove(path.dirname(store.blobFile(images[name]!.blobs[0]!.digest)));
		}

		await store.remove(path.dirname(store.revisionLink('acme/far', images['far:latest']!.manifests[0]!.digest)));
		[registry, mirror] = (await Promise.all(
			[store, second].map(({root}) => startDockerRegistry({root, folder: temporary.folder})),
		)) as [RealRegistry, RealRegistry];
		const copy = ['skopeo', 'copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
		await writeFile(
			path.join(login.folder, 'work/regmedic.yaml'),
			JSON.stringify({
				registries: {private: {url: `http://${registry.host}`, sources: ['mirror']}},
				sources: {mirror: {url: `http://${mirror.host}`}},
				images: {
					'acme/built': {
						registry: 'private',
						build: {
							command: [
								...copy,
								`docker://${mirror.host}/ci/built:latest`,
								`docker://${registry.host}/acme/built:latest`,
							],
							pushes: ['latest'],
						},
					},
				},
			}),
		);
	});

	afterAll(async () => {
		await Promise.all([registry?.stop(), mirror?.stop()]);
		await login?.[Symbol.asyncDispose]();
		await temporary?.[Symbol.asyncDispose]();
	});

	const tagged = (repository: string, tag: string) =>
		readFile(path.join(store.tagFolder(`acme/${repository}`, tag), 'current/link'), 'utf8').catch(() => undefined);

	it('is found damaged by its tags alone, planned, repaired, verified and reported, and nothing is said of a disk', async () => {
		const planned = await login.run([
			...['respond', '--registry', 'private', '--plan', 'plan.json'],
			...['--remedy', 'acme/app=re-point', '--remedy', 'acme/old=remove'],
		]);
		expect(planned.exitCode, planned.stderr).toBe(3);
		const text = await readFile(path.join(login.folder, 'work/plan.json'), 'utf8');
		const plan = JSON.parse(text) as Plan;
		const remedies = plan.items.map(({image, remedy}) => [image?.split('@')[0], remedy]);
		expect(Object.fromEntries(remedies)).toEqual({
			'acme/app': 're-point',
			'acme/far': 'copy-back',
			'acme/built': 'rebuild-command',
			'acme/old': 'remove',
		});
		// The newest of those that are whole and have the platforms of the original.
		expect(plan.items.find(({remedy}) => remedy === 're-point')!.changes).toMatchObject([
			{type: 'point-tag', tag: '1.1', to: digestOf('app:2.0')},
		]);
		const whyOf = (repository: string, of: string) =>
			plan.images.find(each => each.repository === repository)!.remedies.find(({remedy}) => remedy === of)!;
		expect(whyOf('acme/left', 'relink')).toMatchObject({possible: false, why: expect.stringContaining('not scanned')});
		expect(whyOf('acme/left', 're-point').possible).toBe(false);

		const shown = await login.run(['plan', 'show', 'plan.json']);
		expect(shown.stdout).toContain('or leave: It stays damaged');
		expect(shown.stdout).not.toContain('or re-point: ');
		const sha = createHash('sha256').update(text).digest('hex');
		const approval = ['--approve', sha, '--destructive', '2'];
		const applied = await login.run(['respond', '--apply', 'plan.json', ...approval]);
		const said = applied.stdout.replace(/\s+/g, ' ');

		// One is left.
		expect(applied.exitCode, applied.stdout + applied.stderr).toBe(3);
		expect(said).toContain('No storage is configured: nothing keeps a second person away.');
		expect(said).toContain('3 of 4 planned intact; 1 removed as planned; 1 left: acme/left:latest.');
		// Of the image that it began with, not of the one that is left.
		const states: Record<string, string> = {left: 'broken', old: 'removed'};
		const [{repository = '', tags = []} = {}] = plan.images;
		const state = states[repository.replace('acme/', '')] ?? 'intact';
		expect(said).toContain(`${repository}:${tags[0]} is ${state}, as checked at`);
		expect(await tagged('app', '1.1')).toBe(digestOf('app:2.0'));
		expect(await tagged('far', 'latest')).toBe(digestOf('far:latest'));
		expect(await tagged('built', 'latest')).toBe(digestOf('built anew'));
		expect(await tagged('old', '1.0')).toBeUndefined();

		const [incident = ''] = /[\w-]*registry-damage[\w-]*/.exec(applied.stdout) ?? [];
		const report = await login.run(['export', incident]);
		expect(report.stdout).toContain(`| Image now | ${state} |`);
		expect(report.stdout).toMatch(/\| acme\/left:latest \|.*\| left \| broken \|/);
		expect(report.stdout).toMatch(/\| acme\/old:1.0 \|.*\| removed \|/);
		// Of a disk nothing was seen; its times are not known.
		const disk = /.*\b(?:disk|scan|scanned)\b.*/gi;
		const steps = said.replaceAll(/Step \d+ of about \d+: .*?(?= Result| This step|$)/g, '');
		expect([...(steps.match(disk) ?? []), ...(report.stdout.match(disk) ?? [])]).toEqual([]);
	});

	it('an incident about it offers the same as its plan', async () => {
		const {stdout, stderr} = await login.run(['respond', '--registry', 'private', '--auto', '--plain', '--another']);

		expect(stdout, stderr).toContain('1 image is damaged');
		expect(stdout.replace(/\s+/g, ' ')).not.toContain('The scan found');
	});
});
