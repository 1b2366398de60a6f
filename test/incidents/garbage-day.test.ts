import {utimes} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {parseSettings} from '../../src/domain/incident/settings.ts';
import {tagTarget} from '../../src/domain/storage/listing/links.ts';
import {currentLink} from '../../src/domain/storage/listing/paths.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import {makePlan} from '../../src/engine/plan/make-plan.ts';
import {findDamage} from '../../src/engine/plan/scope.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {openDrill} from '../../src/incidents/drill.ts';
import {openRegistryPorts} from '../../src/wiring/ports.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {processes} from '../support/processes.ts';
import {createTempFolder} from '../support/temp-folder.ts';

const signal = AbortSignal.timeout(60_000);

/** The disk of the world, where the tag is written again right after each of the first so many times that the disk is listed. */
function movingTag(storage: Storage, {folder, link, times}: {folder: string; link: string; times: number}) {
	const looks = {count: 0};
	const file = path.join(folder, 'registry/docker/registry/v2', link);
	return {
		looks,
		storage: {
			...storage,
			async list(options: Parameters<Storage['list']>[0]) {
				const listing = await storage.list(options);
				looks.count++;
				if (looks.count <= times) {
					const pushed = Math.floor(Date.now() / 1000) + looks.count;
					await utimes(file, pushed, pushed);
				}

				return listing;
			},
		},
	};
}

/** The world of the drill, and all damage of it as a scan over ssh finds it. `moves`: how often data/etl:nightly is pushed meanwhile. */
async function openGarbageDay({moves = 0} = {}) {
	const folder = await createTempFolder();
	const {world, setup} = await openDrill(
		{folder, scenario: 'garbage-day', seed: 1, speed: 1},
		{processes, redaction: createRedaction(), signal},
	);
	const ports = openRegistryPorts(world.registryHost, setup);
	const link = currentLink('data/etl', 'nightly');
	const {looks, storage} = movingTag(ports.storage!, {folder: path.join(folder, 'world'), link, times: moves});
	const scope = await findDamage({
		registry: ports.registry,
		storage,
		role: 'authoritative',
		platforms: {},
		clock: systemClock,
		signal,
	});
	const {registryHost: host} = world;
	return {
		world,
		scope,
		looks,
		plan: () =>
			makePlan(scope, {
				host,
				signal,
				of(image) {
					const {ports: own, settings} = ports.of(image);
					return {ports: own, settings: parseSettings(settings)!};
				},
			}),
		async [Symbol.asyncDispose]() {
			await ports.close();
			await world.close();
		},
	};
}

it('the scan of garbage-day finds the six images that the collection broke, and no others of thirty', async () => {
	await using day = await openGarbageDay();
	const {world, scope} = day;

	expect(scope.gaps).toEqual([]);
	expect(scope.images.map(({repository, tags}) => `${repository}: ${tags.join(' ')}`)).toEqual([
		'data/etl: 2026-04-13 nightly',
		'infra-ci: 2026-04 latest',
		'tools/terraform-runner: 1.10 latest',
		'web/shop: 1.41.1',
		'web/shop: 1.42.0',
		'web/shop: edge main',
	]);
	expect(scope.images.map(({digest}) => digest).sort()).toEqual(world.broken.images!.map(({digest}) => digest).sort());
	for (const {platforms} of scope.images) {
		expect(platforms).toEqual({whole: [], lost: ['linux/amd64', 'linux/arm64']});
	}

	const top = [...scope.disk!.listing.repositories].flatMap(([name, {tags}]) =>
		[...new Set([...tags.values()].map(({link}) => tagTarget(link)))].map(digest => `${name} ${digest}`),
	);
	expect(top).toHaveLength(30);
});

it('its plan relinks two images, follows the colleague’s pipeline and starts the others, that of infra-ci first', async () => {
	await using day = await openGarbageDay();

	const {document} = await day.plan();
	const {images, items, destructive} = document;

	const byId = new Map(images.map(({id, repository, tags}) => [id, `${repository}:${tags[0]}`]));
	const [infra] = items.filter(({image}) => image?.startsWith('infra-ci@'));
	const sayItem = ({image, remedy, changes}: (typeof items)[number]) =>
		`${remedy} ${byId.get(image!)}: ${changes[0]!.type}`;
	expect(items.map(sayItem).sort()).toEqual([
		'rebuild-ci data/etl:2026-04-13: start-pipeline',
		'rebuild-ci infra-ci:2026-04: start-pipeline',
		'rebuild-ci tools/terraform-runner:1.10: start-pipeline',
		'rebuild-ci web/shop:edge: follow-pipeline',
		'relink web/shop:1.41.1: store-manifest',
		'relink web/shop:1.42.0: store-manifest',
	]);
	expect(items.filter(({after}) => after.includes(infra!.id)).map(({image}) => byId.get(image!))).toEqual([
		'data/etl:2026-04-13',
		'tools/terraform-runner:1.10',
	]);
	expect(destructive).toBe(0);
});

it('a tag that is pushed while the disk is read is looked at again, and then all damage is known', async () => {
	await using day = await openGarbageDay({moves: 1});

	// The pipeline that runs in this world may push meanwhile, which is one more look.
	expect([2, 3]).toContain(day.looks.count);
	expect(day.scope.gaps).toEqual([]);
	expect(day.scope.images).toHaveLength(6);
});

it('where a tag is pushed at every look, only its image is left, and the others are planned', async () => {
	await using day = await openGarbageDay({moves: 99});

	const {document} = await day.plan();

	expect(day.looks.count).toBe(3);
	expect(document.complete).toBe(false);
	expect(document.gaps.join()).toContain('data/etl:nightly was pushed while the store was read');
	const recommended = document.images.map(
		({repository, tags, recommended: first}) => `${repository}:${tags[0]} ${first}`,
	);
	expect(recommended.sort()).toEqual([
		'data/etl:2026-04-13 leave',
		'infra-ci:2026-04 rebuild-ci',
		'tools/terraform-runner:1.10 rebuild-ci',
		'web/shop:1.41.1 relink',
		'web/shop:1.42.0 relink',
		'web/shop:edge rebuild-ci',
	]);
	const etl = document.images.find(({repository}) => repository === 'data/etl')!;
	expect(etl.remedies.filter(({possible}) => possible).map(({remedy}) => remedy)).toEqual(['leave']);
	expect(etl.remedies.map(({why}) => why).join(' ')).toContain('It changed while the disk was read');

	// What was not read may be anything: then no image is built.
	day.scope.gaps.push('blobs/sha256/aa could not be read');
	const unread = await day.plan();
	expect(new Set(unread.document.images.map(({recommended: first}) => first))).toEqual(new Set(['leave', 'relink']));
});
