import {readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {entriesOf, type InventoryEntry} from '../../../src/domain/inventory/inventory.ts';
import {parseInventory} from '../../../src/domain/inventory/inventory-text.ts';
import {isInShard} from '../../../src/domain/probe/shard.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import {type RegistrySimulator, startRegistry} from '../../../src/drills/registry/server.ts';
import {type Login, openLogin} from '../../support/cli.ts';
import {temporaryFolder} from '../../support/real.ts';

const names = ['acme/app', 'acme/tool', 'infra-ci', 'worker'];
const image = buildImage({seed: 'damaged', layers: 1});

let login: Login;
let place: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;
let registry: RegistrySimulator;
let file: string;

beforeAll(async () => {
	[login, place] = await Promise.all([openLogin(), temporaryFolder()]);
	store = openStore(path.join(place.folder, 'store'));
	for (const name of names) {
		await store.push(name, 'v1', buildImage({seed: name, layers: 1}));
	}

	await store.push('infra-ci', 'latest', image);
	registry = await startRegistry({root: store.root});
	file = path.join(place.folder, 'inventory.jsonl');
});

afterAll(async () => {
	await registry.close();
	await login[Symbol.asyncDispose]();
	await place[Symbol.asyncDispose]();
});

const longAgo = '2026-04-19T02:00:00Z';
const probe = (...more: string[]) => login.run(['probe', registry.host, '--inventory', file, ...more]);
const entriesIn = async () => [...entriesOf(parseInventory(await readFile(file, 'utf8'), file).inventory)];
const nameOf = ({repository, tag}: InventoryEntry) => `${repository}:${tag}`;
/** As if all of it had been seen long ago. */
const age = async () => writeFile(file, (await readFile(file, 'utf8')).replace(/"\d{4}-[^"]*Z"/g, `"${longAgo}"`));

describe('a probe that keeps an inventory', () => {
	it('writes what every tag names, also where its image is broken', async () => {
		await store.remove(store.revisionLink('infra-ci', image.manifests[0]!.digest));
		const {exitCode} = await probe();

		const entries = await entriesIn();
		expect(exitCode).toBe(3);
		expect(entries.map(nameOf)).toEqual(['acme/app:v1', 'acme/tool:v1', 'infra-ci:latest', 'infra-ci:v1', 'worker:v1']);
		expect(entries.find(({tag}) => tag === 'latest')!.digest).toBe(image.index.digest);
		expect(new Set(entries.map(({firstSeen, lastSeen}) => lastSeen >= firstSeen))).toEqual(new Set([true]));
	});

	it('of a shard adds to its own repositories only', async () => {
		await age();

		await probe('--shard', '0/2');

		for (const {repository, firstSeen, lastSeen} of await entriesIn()) {
			expect(firstSeen).toBe(longAgo);
			expect(lastSeen > longAgo).toBe(isInShard(repository, {index: 0, of: 2}));
		}
	});

	it('that cannot see the registry takes nothing away', async () => {
		await age();
		const before = await readFile(file, 'utf8');
		const {host} = registry;
		await registry.close();

		const {exitCode} = await login.run(['probe', host, '--inventory', file]);

		registry = await startRegistry({root: store.root});
		expect(exitCode).toBe(6);
		expect(await readFile(file, 'utf8')).toBe(before);
	});

	it('keeps the entries of what is gone and of what a tag named before', async () => {
		await writeFile(
			file,
			(await readFile(file, 'utf8')).replace(/"registry":"[^"]*"/, `"registry":"${registry.host}"`),
		);
		await rm(path.join(store.base, 'repositories/worker'), {recursive: true});
		await store.push('acme/app', 'v1', buildImage({seed: 'newer', layers: 1}));

		await probe();

		const entries = await entriesIn();
		expect(entries.filter(({lastSeen}) => lastSeen === longAgo).map(nameOf)).toEqual(['acme/app:v1', 'worker:v1']);
		expect(entries.filter(({firstSeen}) => firstSeen > longAgo).map(nameOf)).toEqual(['acme/app:v1']);
		expect(entries).toHaveLength(6);
	});

	it('says at once that a file is none, checks the registry all the same, and fails in the end', async () => {
		const other = path.join(place.folder, 'other.jsonl');
		await writeFile(other, 'important\n');

		const {exitCode, stdout, stderr} = await login.run(['probe', registry.host, '--inventory', other]);

		expect(exitCode).toBe(3);
		expect(stdout).toContain('broken: 1 of 4 tags cannot be pulled');
		expect(stderr).toMatch(/^The inventory cannot be kept: \S+other\.jsonl:1: .*The probe goes on without it\.\n/);
		expect(stderr).toContain('move the file away');
		expect(await readFile(other, 'utf8')).toBe('important\n');
	});

	it('keeps it in the configured file', async () => {
		const configuration = path.join(place.folder, 'regmedic.yaml');
		const configured = path.join(place.folder, 'configured.jsonl');
		await writeFile(
			configuration,
			`registries:\n  private: {url: 'http://${registry.host}', inventory: ${configured}}\n`,
		);

		await login.run(['probe', 'private', '--config', configuration]);

		expect(parseInventory(await readFile(configured, 'utf8'), configured).inventory.repositories.size).toBe(3);
	});
});
