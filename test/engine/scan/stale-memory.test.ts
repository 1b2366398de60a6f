import {expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {partsGone} from '../../../src/domain/remedy/redis-keys.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import {blobFolder} from '../../../src/domain/storage/listing/paths.ts';
import type {BlobAnswer} from '../../../src/engine/ports/registry.ts';
import {readMemory, sayMemory} from '../../../src/engine/scan/stale-memory.ts';
import {fakeRegistry, fakeStorage, quietHost, refusal} from '../../support/fake-ports.ts';
import {here, pushVictim} from '../../support/store-damage.ts';
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
	expect(await look(lostBlobs(() => ({state: 'unreadable', status: 500, detail: ''})))).toEqual({});
	const refuses = lostBlobs(() => {
		throw refusal();
	});
	expect(await look(refuses)).toEqual({});
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
