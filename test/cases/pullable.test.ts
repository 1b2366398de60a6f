import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {unpackPullableStore} from '../support/pullable-store.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/**
 * 47 images whose digests are all right, as registries take them by PUT. What containerd 1.6 cannot pull is broken: at edge where it
 * shows in a manifest or a config, at unpack where it shows in a layer. @see the README of cases/pullable, which real clients wrote
 */
const broken: Record<string, string> = {
	'config-html': 'config-unreadable',
	'config-zero-bytes': 'config-unreadable',
	'config-is-a-layer': 'config-unreadable',
	'config-env-a-string': 'config-unreadable',
	'config-empty-object': 'diffid-mismatch',
	'config-rootfs-absent': 'diffid-mismatch',
	'diffids-fewer': 'diffid-mismatch',
	'index-child-type-docker': 'type-mismatch',
	'index-child-type-absent': 'type-mismatch',
	'index-platform-empty': 'type-mismatch',
	'layer-urls-gone': 'layer-missing',
	'layer-type-unknown': 'layer-unreadable',
	'config-urls-gone': 'config-missing',
	'schemaversion-absent': 'manifest-unreadable',
	'annotations-number': 'manifest-unreadable',
	'index-osversion-list': 'manifest-unreadable',
};

const brokenLayers: Record<string, string> = {
	'diffid-wrong': 'diffid-mismatch',
	'diffids-of-compressed': 'diffid-mismatch',
	'gzip-cut': 'layer-unreadable',
	'gzip-crc-bad': 'layer-unreadable',
	'tar-bad-checksum': 'layer-unreadable',
	'not-a-tar': 'layer-unreadable',
	'tar-said-gzip': 'layer-unreadable',
};

const warned: Record<string, string[]> = {
	'config-5mb': ['config-large'],
	'config-platform-unlike-index': ['platform-differs'],
	'index-3-deep': ['index-nested', 'index-nested'],
	'index-platform-upper': ['platform-upper'],
	'layers-130': ['layers-many'],
};

describeReal('images that are stored whole and cannot be pulled', ['docker-registry', 'tar'], () => {
	let login: Login;
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let registry: RealRegistry;
	let names: string[];

	beforeAll(async () => {
		place = await temporaryFolder();
		const root = path.join(place.folder, 'root');
		names = await unpackPullableStore(root);
		[login, registry] = await Promise.all([openLogin(), startDockerRegistry({root, folder: place.folder})]);
	});

	afterAll(async () => {
		await registry?.stop();
		await login?.[Symbol.asyncDispose]();
		await place?.[Symbol.asyncDispose]();
	});

	test.each([
		['edge', broken],
		['content', broken],
		['unpack', {...broken, ...brokenLayers}],
	])('each has its verdict and its fault at depth %s', async (depth, right) => {
		const references = names.map(name => `${registry.host}/c/${name}:t`);
		const {exitCode, stdout} = await login.run(['verify', '--json', '--depth', depth, ...references]);

		const {images} = JSON.parse(stdout) as {images: (ImageCheck & {reference: string})[]};
		const told = images.map(({reference, verdict, faults}) => [
			reference.slice(`${registry.host}/c/`.length, -':t'.length),
			verdict,
			[...new Set(faults.map(({kind}) => kind))].join(),
		]);
		expect(told).toHaveLength(47);
		expect(told).toEqual(names.map(name => [name, name in right ? 'broken' : 'intact', right[name] ?? '']));
		expect(exitCode).toBe(3);
	});

	test('the disk shows the same of each, as far as it shows without unpacking', async () => {
		const {exitCode, stdout} = await login.run(['scan', '--path', path.join(place.folder, 'root'), '--json']);

		const {findings, complete} = JSON.parse(stdout) as {findings: Finding[]; complete: boolean};
		const told = findings.map(({repository, kind}) => [repository.slice('c/'.length), kind]);
		expect(complete).toBe(true);
		expect(Object.fromEntries(told)).toEqual(broken);
		expect(told).toHaveLength(Object.keys(broken).length);
		expect(exitCode).toBe(3);
	});

	test('what only some clients fail at is a warning that names them, and the image is intact', async () => {
		const well = names.filter(name => !(name in broken));
		const {exitCode, stdout} = await login.run([
			'verify',
			'--json',
			...well.map(name => `${registry.host}/c/${name}:t`),
		]);

		const {images} = JSON.parse(stdout) as {images: ImageCheck[]};
		const told = images.flatMap(({warnings = []}, at) =>
			warnings.length === 0 ? [] : [[well[at], warnings.map(({kind}) => kind)] as const],
		);
		expect(Object.fromEntries(told)).toEqual(warned);
		expect(images.flatMap(({warnings = []}) => warnings).every(({clients}) => clients.length > 0)).toBe(true);
		expect(exitCode).toBe(0);
	});

	test('the text says who fails, and what the verdict rests on', async () => {
		const text = (await login.run(['verify', `${registry.host}/c/config-5mb:t`])).stdout.replace(/\s+/g, ' ');

		expect(text).toContain('Some clients only: - config-large: its config has 5000446 bytes');
		expect(text).toContain('Fails in: skopeo, buildah, podman.');
		expect(text).toContain('its content was not read: --depth content');
	});
});
