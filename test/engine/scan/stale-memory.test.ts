import {expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {partsGone} from '../../../src/domain/remedy/redis-keys.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import {blobFolder, layerLink, revisionLink} from '../../../src/domain/storage/listing/paths.ts';
import type {BlobAnswer} from '../../../src/engine/ports/registry.ts';
import {readMemory, sayMemory} from '../../../src/engine/scan/stale-memory.ts';
import {fakeRegistry, fakeStorage, quietHost, refusal} from '../../support/fake-ports.ts';
import {here, pushVictim, there} from '../../support/store-damage.ts';
import {emptyTree, listingOf, remove} from '../../support/store-tree.ts';

const waiting = {signal: new AbortController().signal};
const missing: BlobAnswer = {state: 'missing', status: 404, detail: 'blob unknown'};

/** A store whose victim lost the data of all its blobs, and a registry with these answers. */
function lostBlobs(answer: (digest: Digest) => BlobAnswer) {
	const tree = emptyTree();
	const {image} = pushVictim(tree, 0);
	for (const {digest} of image.blobs) {
		remove(tree, blobFolder(digest));
	}

	const listing = listingOf(tree);
	const findings = assess(listing, {role: 'authoritative'}).findings.filter(({repository}) => repository === here);
	const asked: Digest[] = [];
	const registry = {
		...fakeRegistry(),
		blob: async (_repository: string, {digest}: {digest: Digest}) => {
			asked.push(digest);
			return answer(digest);
		},
	};
	return {listing, findings, registry, asked, lost: partsGone(findings).map(({digest}) => digest)};
}

const look = (
	{findings, listing, registry}: ReturnType<typeof lostBlobs>,
	{role = 'authoritative' as 'authoritative' | 'cache', maintenance = async () => quietHost} = {},
) => readMemory({findings, listing, role}, {registry, storage: fakeStorage([], {maintenance})}, waiting);

it.each<BlobAnswer>([
	{state: 'present', status: 200},
	{state: 'empty', status: 206, detail: 'it is empty'},
	{state: 'truncated', status: 206, detail: 'it is cut'},
])('an answer of %o for what the disk lacks proves the memory, and one is enough', async answer => {
	const scene = lostBlobs(() => answer);

	const memory = await look(scene);

	expect(scene.lost).toContain(scene.asked[0]);
	expect(scene.asked).toHaveLength(1);
	expect(memory).toMatchObject({memory: {kind: 'proven', digest: scene.asked[0]}, cache: 'inmemory'});
	expect(sayMemory(memory)).toContain('memory is stale');
});

it('404 for what was asked proves nothing, and no more than a few parts are asked for', async () => {
	const scene = lostBlobs(() => missing);

	const memory = await look(scene);

	expect(scene.asked.length).toBeLessThanOrEqual(4);
	expect(memory).toEqual({memory: {kind: 'not-seen', asked: scene.asked.length, of: scene.lost.length}});
	expect(sayMemory(memory)).toBe('');
});

it('a registry that fails or refuses proves nothing', async () => {
	expect((await look(lostBlobs(() => ({state: 'unreadable', status: 500, detail: ''})))).memory).toBeUndefined();
	const refuses = lostBlobs(() => {
		throw refusal();
	});
	expect(await look(refuses)).toEqual({suspicion: {kind: 'unknown-age', lost: expect.any(String)}});
	expect(refuses.asked).toHaveLength(1);
});

it('a pull-through cache is not asked, because it would fetch the part', async () => {
	const scene = lostBlobs(() => ({state: 'present', status: 200}));

	expect(await look(scene, {role: 'cache'})).toEqual({});
	expect(scene.asked).toEqual([]);
});

it('the host is asked for its cache where the disk holds every part, and a host that does not respond makes it unknown', async () => {
	const scene = lostBlobs(() => missing);
	const intact = {...scene, findings: []};

	expect(await look(intact)).toEqual({cache: 'inmemory'});
	expect(
		await look(intact, {
			maintenance: async () => {
				throw refusal();
			},
		}),
	).toEqual({cache: 'unknown'});
});

it('where the manifest itself is gone, layers that its repository links without data are asked for, then the manifest', async () => {
	const tree = emptyTree();
	const {image, root} = pushVictim(tree, 0);
	for (const {digest} of [...image.blobs, ...image.manifests]) {
		remove(tree, blobFolder(digest));
	}

	const listing = listingOf(tree);
	const findings = assess(listing, {role: 'authoritative'}).findings.filter(({repository}) => repository === here);
	const asked: Digest[] = [];
	const blob = async (_repository: string, {digest}: {digest: Digest}): Promise<BlobAnswer> => {
		asked.push(digest);
		return digest === root ? {state: 'truncated', status: 200, detail: ''} : missing;
	};

	const memory = await look({findings, listing, registry: {...fakeRegistry(), blob}, asked, lost: []});

	expect(asked.at(-1)).toBe(root);
	expect(asked.length).toBeGreaterThan(1);
	expect(memory.memory).toMatchObject({kind: 'proven', digest: root});
});

it('a part without its link that the registry serves all the same is held by its memory alone', async () => {
	const tree = emptyTree();
	const {child, layer} = pushVictim(tree, 0);
	remove(tree, revisionLink(here, child));
	remove(tree, layerLink(there, layer));
	const listing = listingOf(tree);
	const all = assess(listing, {role: 'authoritative'}).findings;
	const findings = all.filter(({repository}) => repository === here);
	const others = all.filter(({repository}) => repository === there);
	const bytes = Buffer.from('{}');
	const serves = async (_repository: string, reference: string) => ({
		...{state: 'found' as const, digest: reference as Digest},
		...{bytes, mediaType: mediaTypes.ociManifest},
	});
	const cold = {...fakeRegistry(), blob: async () => missing};
	const warm = {...fakeRegistry(), manifest: serves, blob: async () => ({state: 'present' as const, status: 206})};
	const memoryOf = (registry: ReturnType<typeof fakeRegistry>) =>
		readMemory({findings, others, listing, role: 'authoritative'}, {registry, storage: fakeStorage([])}, waiting);

	expect((await memoryOf(cold)).held).toBeUndefined();
	const memory = await memoryOf(warm);
	expect(memory.held).toEqual([
		{repository: here, tag: 'v1', digest: child},
		{repository: there, tag: 'latest', digest: layer},
	]);
	expect(memory.memory).toBeUndefined();
	expect(sayMemory(memory)).toContain(`serves ${here}:v1 and 1 more only from its memory: relink before any restart`);
});
