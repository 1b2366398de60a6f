import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, parseDigest} from '../../src/domain/image/digest.ts';
import type {StoredPipeline} from '../../src/drills/ci/pipeline-store.ts';
import {digestOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {findScenario} from '../../src/drills/scenarios/scenarios.ts';
import {readWorld, type WorldFile, worldPaths} from '../../src/drills/world/world-file.ts';

/** The changes to a drill's world, read from its folder without opening the world. */
export type WorldOnDisk = {
	world: WorldFile;
	/** The pipelines that carry a request id of regmedic: `infra 377`. */
	builtInCi: string[];
	/** How often each old pipeline was restarted. */
	restarts: Map<string, number>;
	fallbackBuilds: number;
	/** The manifests that something other than a build stored, by reference. */
	stored: string[];
	/** The blobs that something other than a build mounted or uploaded, by digest. */
	blobs: string[];
	/** How often the registry was restarted. */
	registryRestarts: number;
	/** The damaged parts of the images on the disk; empty: they are intact. */
	wrongWithImage: string[];
};

export async function readWorldOnDisk(drill: string): Promise<WorldOnDisk> {
	const places = worldPaths(path.join(drill, 'world'));
	const world = (await readWorld(places))!;
	const pipelines = (
		await Promise.all(
			Object.values(findScenario(world.scenario).builds).map(async ({pipeline: {name}}) =>
				(JSON.parse(await readFile(places.ciOf(name), 'utf8')) as StoredPipeline[]).map(each => ({...each, name})),
			),
		)
	).flat();
	const restarts = new Map<string, number>();
	for (const {name, parent} of pipelines.filter(pipeline => pipeline.parent !== 0)) {
		const old = `${name} ${parent}`;
		restarts.set(old, (restarts.get(old) ?? 0) + 1);
	}

	const changes = (await linesOf(places.changes)).map(line => JSON.parse(line) as Record<string, string>);
	const own = changes.filter(({agent}) => !agent?.includes('(regmedic drill)'));
	const referencesOf = (kinds: RegExp) => own.filter(({kind}) => kinds.test(kind!)).map(({reference}) => reference!);
	return {
		world,
		builtInCi: pipelines
			.filter(({parent, variables}) => parent === 0 && variables?.REGMEDIC_REQUEST_ID !== undefined)
			.map(({name, number}) => `${name} ${number}`),
		restarts,
		fallbackBuilds: (await linesOf(places.builds)).length,
		stored: referencesOf(/^manifest-put$/),
		blobs: referencesOf(/^blob-/),
		registryRestarts: own.filter(({kind}) => kind === 'restart').length,
		wrongWithImage: await wrongWithAll(places.storage, world.broken),
	};
}

async function linesOf(file: string): Promise<string[]> {
	const text = await readFile(file, 'utf8').catch(() => '');
	return text.split('\n').filter(Boolean);
}

/** Every tag of every image that the scenario damaged. */
async function wrongWithAll(root: string, {repository, images}: WorldFile['broken']): Promise<string[]> {
	const all = images ?? [{repository, tags: ['latest']}];
	const wrong = await Promise.all(all.flatMap(image => image.tags.map(tag => wrongWith(root, image.repository, tag))));
	return wrong.flat();
}

type Document = {manifests?: {digest: string}[]; config?: {digest: string}; layers?: {digest: string}[]};

/** Follows the tag through the files of the store, as the registry would. */
async function wrongWith(root: string, repository: string, tag: string): Promise<string[]> {
	const store = openStore(root);
	const wrong: string[] = [];
	const link = await readFile(path.join(store.tagFolder(repository, tag), 'current/link'), 'utf8');
	const open = [parseDigest(link)];

	async function bytesOf(digest: Digest, linkFile: string): Promise<Buffer | undefined> {
		const linked = await readFile(linkFile, 'utf8').catch(() => undefined);
		const bytes = await readFile(store.blobFile(digest)).catch(() => undefined);
		const isWhole = linked === digest && bytes !== undefined && digestOf(bytes) === digest;
		if (!isWhole) {
			wrong.push(`${digest}: ${linked === digest ? 'its bytes' : 'its link'}`);
		}

		return isWhole ? bytes : undefined;
	}

	for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
		const bytes = await bytesOf(digest, store.revisionLink(repository, digest));
		const {manifests = [], config, layers = []} = JSON.parse(String(bytes ?? '{}')) as Document;
		open.push(...manifests.map(child => parseDigest(child.digest)));
		for (const part of [...(config ? [config] : []), ...layers].map(({digest: text}) => parseDigest(text))) {
			await bytesOf(part, store.layerLink(repository, part));
		}
	}

	return wrong;
}
