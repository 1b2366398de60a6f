import {describe, expect, it} from 'vitest';
import type {MeantPlatforms} from '../../../src/domain/image/meant-platforms.ts';
import {sayVerdict} from '../../../src/domain/image/verdict.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {walkImage} from '../../../src/engine/verify/walk-image.ts';
import {latest, shelf} from './shelf.ts';

const image = buildImage({seed: 'mirror', platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
const [amd, arm] = image.manifests;
const layersOf = (child: typeof amd) =>
	(JSON.parse(child!.bytes.toString()) as {layers: {digest: string}[]}).layers.map(({digest}) => digest);

/** Walks what is left after these digests are gone. */
function walk(gone: readonly string[], platforms: MeantPlatforms = {registry: ['linux/amd64']}) {
	const registry = shelf(image);
	for (const digest of gone) {
		registry.manifests.delete(digest);
		registry.blobs.delete(digest);
	}

	return walkImage(registry, latest, {depth: 'edge', platforms, signal: new AbortController().signal});
}

describe('where only some platforms are meant to be there', () => {
	it('an absent child of another is no fault, and is said', async () => {
		const check = await walk([arm!.digest]);

		expect(check).toMatchObject({verdict: 'intact', faults: [], notMeant: ['linux/arm64']});
		expect(check.children[1]).toMatchObject({status: 404, detail: 'not here, and not meant to be'});
		expect(sayVerdict(check, 'edge')).toMatch(/Not here, as configured: linux\/arm64\.$/);
	});

	it('an absent layer of another is none, either; an empty one is', async () => {
		const [layer] = layersOf(arm);
		const registry = shelf(image);
		registry.blobs.set(layer!, {state: 'empty', status: 206, detail: 'it is empty'});
		const platforms = {registry: ['linux/amd64']};
		const options = {depth: 'edge' as const, platforms, signal: AbortSignal.timeout(9000)};

		expect(await walk([layer!])).toMatchObject({verdict: 'intact', notMeant: ['linux/arm64']});
		expect(await walkImage(registry, latest, options)).toMatchObject({
			verdict: 'broken',
			faults: [{kind: 'blob-empty'}],
		});
	});

	it('an absent part of a meant platform is a fault', async () => {
		expect(await walk([amd!.digest])).toMatchObject({verdict: 'broken', faults: [{platform: 'linux/amd64'}]});
		expect(await walk([layersOf(amd)[0]!])).toMatchObject({verdict: 'broken', faults: [{kind: 'layer-missing'}]});
	});

	it('an index without any meant platform has to be whole', async () => {
		const other = {registry: ['linux/riscv64']};

		expect(await walk([], other)).toMatchObject({verdict: 'intact'});
		expect(await walk([amd!.digest, arm!.digest], other)).toMatchObject({verdict: 'broken'});
	});

	it('what an image says of itself counts, not what its registry says', async () => {
		const both = {registry: ['linux/amd64'], images: {'acme/app': ['linux/amd64', 'linux/arm64']}};

		expect(await walk([arm!.digest], both)).toMatchObject({verdict: 'broken'});
		expect(await walk([arm!.digest], {images: {'acme/other': ['linux/amd64']}})).toMatchObject({verdict: 'broken'});
	});
});

it('a layer that a meant platform shares with another is missed, whichever comes first', async () => {
	const shared = buildImage({seed: 'shared', platforms: ['linux/arm64', 'linux/amd64'], attestations: false});
	const [first, second] = shared.manifests;
	const registry = shelf(shared);
	const json = JSON.parse(second!.bytes.toString());
	const common = JSON.parse(first!.bytes.toString()).layers[0];
	const bytes = Buffer.from(JSON.stringify({...json, layers: [common, ...json.layers]}));
	registry.manifests.set(second!.digest, {
		state: 'found',
		status: 200,
		digest: second!.digest,
		mediaType: second!.mediaType,
		bytes,
	} as never);
	registry.blobs.delete(common.digest);

	const check = await walkImage(registry, latest, {
		depth: 'edge',
		platforms: {registry: ['linux/amd64']},
		signal: new AbortController().signal,
	});

	expect(check.verdict).toBe('broken');
});
