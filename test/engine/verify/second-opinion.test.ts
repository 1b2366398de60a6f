import {expect, it} from 'vitest';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {ImageCheck} from '../../../src/domain/image/verdict.ts';
import {blobOf} from '../../../src/drills/images/image.ts';
import {forEachConcurrently} from '../../../src/engine/bounded-concurrency.ts';
import {createWalker} from '../../../src/engine/verify/walk-image.ts';
import {document, failure, found, host, missing, type Shelf, shelf} from './shelf.ts';

const present = {state: 'present', status: 200} as const;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const config = blobOf('{}');
const atATime = 16;

/** A registry of images whose layers are gone, `layers` each; another one behind the same address still serves those of `served`. */
function registriesBehindOneAddress(
	images: number,
	{served, layers = 1}: {served: readonly number[]; layers?: number},
) {
	const first = shelf();
	const kept = new Set<string>();
	const made = {opened: 0, open: 0, asked: 0};
	first.blobs.set(config.digest, present);
	for (let n = 1; n <= images; n++) {
		const gone = Array.from({length: layers}, (_, at) => blobOf(`layer ${at} of ${n}`));
		const described = [config, ...gone].map(({digest, bytes}) => ({
			mediaType: 'application/octet-stream',
			digest,
			size: bytes.length,
		}));
		const [ofConfig, ...ofLayers] = described;
		first.manifests.set(`v${n}`, found(document({config: ofConfig, layers: ofLayers}, mediaType)));
		for (const {digest} of served.includes(n) ? gone : []) {
			kept.add(digest);
		}
	}

	first.fresh = () => {
		made.opened++;
		made.open++;
		const isOther = made.opened % 2 === 0;
		return {
			...first,
			manifest: async () => {
				made.asked++;
				return missing;
			},
			blob: async (_, {digest}) => {
				made.asked++;
				return isOther && kept.has(digest) ? present : {...missing, detail: 'blob unknown to registry'};
			},
			close: async () => void made.open--,
		};
	};
	return {first, made};
}

async function walkAll(registry: Shelf, images: number): Promise<ImageCheck[]> {
	const walker = createWalker(registry, {depth: 'head', signal: new AbortController().signal});
	const checks: ImageCheck[] = [];
	let next = 0;
	await forEachConcurrently(
		() => (next < images ? ++next : undefined),
		atATime,
		async n => {
			checks[n - 1] = await walker.walk(parseReference(`${host}/acme/app:v${n}`));
		},
	);
	return checks;
}

it.each([1, 101, 1_001])(
	'an image that another registry behind the address serves is unknown, not broken, though it be number %i of those asked for',
	async n => {
		const {first} = registriesBehindOneAddress(n + 9, {served: [n]});

		const checks = await walkAll(first, n + 9);

		const unknown = checks.flatMap(({verdict}, at) => (verdict === 'unknown' ? [at + 1] : []));
		expect(unknown).toEqual([n]);
		expect(checks[n - 1]).toMatchObject({faults: [], unchecked: [{code: 'registry.answers-differ'}]});
		expect(checks.filter(({verdict}) => verdict === 'broken')).toHaveLength(n + 8);
	},
);

it('each of 3,000 damaged images costs two requests more, over connections that are shared and closed', async () => {
	const {first, made} = registriesBehindOneAddress(3_000, {served: [], layers: 3});

	const checks = await walkAll(first, 3_000);

	expect(checks.every(({verdict}) => verdict === 'broken')).toBe(true);
	expect(made).toMatchObject({asked: 6_000, open: 0});
	expect(made.opened).toBeLessThan(1_000);
});

it('an image is broken by the part that every registry lacks, and the part that one of them serves is said', async () => {
	const {first} = registriesBehindOneAddress(1, {served: [1], layers: 2});
	const lacks = blobOf('layer 1 of 1').digest;
	const {fresh} = first;
	first.fresh = () => {
		const other = fresh();
		const blob: Shelf['blob'] = (repository, asked, depth, waiting) =>
			asked.digest === lacks
				? Promise.resolve({...missing, detail: 'blob unknown to registry'})
				: other.blob(repository, asked, depth, waiting);
		return {...other, blob};
	};

	const [check] = await walkAll(first, 1);

	expect(check).toMatchObject({
		verdict: 'broken',
		faults: [{kind: 'layer-missing', digest: lacks}],
		unchecked: [{code: 'registry.answers-differ', digest: blobOf('layer 0 of 1').digest}],
	});
});

it('a tag without a manifest is unknown where another registry behind the address serves one', async () => {
	const {first, made} = registriesBehindOneAddress(0, {served: []});
	first.known = ['v1', 'v2'];
	const {fresh} = first;
	first.fresh = () => ({
		...fresh(),
		manifest: async (_, tag) => (tag === 'v2' && made.opened % 2 === 0 ? found(document({manifests: []})) : missing),
	});

	const checks = await walkAll(first, 2);

	expect(checks.map(({verdict}) => verdict)).toEqual(['broken', 'unknown']);
	expect(checks[1]).toMatchObject({unchecked: [{code: 'registry.answers-differ'}]});
});

it('a registry that does not answer a second time takes nothing away from its first answer, and it is said', async () => {
	const {first} = registriesBehindOneAddress(1, {served: []});
	first.fresh = () => ({...first, blob: async () => Promise.reject(failure('registry.unreachable', 'unreachable'))});

	const [check] = await walkAll(first, 1);

	expect(check).toMatchObject({
		verdict: 'broken',
		faults: [{kind: 'layer-missing'}],
		unchecked: [{code: 'registry.unreachable', message: expect.stringContaining('did not answer a second time')}],
	});
});
