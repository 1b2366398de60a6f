import {expect, it} from 'vitest';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import {registryVerify} from '../../../src/engine/actions/registry-verify.ts';
import type {Storage} from '../../../src/engine/ports/storage.ts';
import {contextWith, fakeRegistry, fakeStorage, image, smallManifest, unreachable} from '../../support/fake-ports.ts';

const neighbour = smallManifest('neighbour');
const inputs = {image: parseReference(image), depth: 'edge'} as const;

/** The registry serves another tag of the disk and lacks the one that is asked for. */
async function verifyWith(storage: Storage | undefined) {
	const registry = fakeRegistry({other: neighbour});
	try {
		return await registryVerify.run(inputs, contextWith({registry, ...(storage && {storage})}));
	} catch (error) {
		return error;
	}
}

function diskWith(state: PathState): Storage {
	return fakeStorage([], {
		recheck: async paths => new Map(paths.map(path => [path, state])),
		sample: async () => ({
			tags: [{repository: 'infra-ci', tag: 'other', digest: neighbour.digest}],
			notStored: [],
		}),
	});
}

it('a tag that the registry does not know is absent where its disk lacks it too, and where no disk is configured', async () => {
	expect(await verifyWith(undefined)).toMatchObject({code: 'image.absent'});
	expect(await verifyWith(diskWith({state: 'gone'}))).toMatchObject({code: 'image.absent'});
});

it('a tag that the registry does not know and its disk holds is unknown, with where it is', async () => {
	const found = await verifyWith(diskWith({state: 'there', size: 71}));

	expect(found).toMatchObject({
		outcome: 'unknown',
		output: {verdict: 'unknown', unchecked: [{code: 'registry.answers-differ', via: []}]},
		say: expect.stringContaining('but registry-vm:/opt/registry/data holds it'),
	});
});

it('a tag that the registry does not know is unknown where its disk cannot be read', async () => {
	const unread = await verifyWith(diskWith({state: 'unread'}));
	const away = await verifyWith(
		fakeStorage([], {
			recheck: async () => {
				throw unreachable();
			},
		}),
	);

	expect(unread).toMatchObject({outcome: 'unknown', say: expect.stringContaining('could not be read')});
	expect(away).toMatchObject({
		outcome: 'unknown',
		say: expect.stringContaining('its disk could not be asked: Nobody answers.'),
	});
});
