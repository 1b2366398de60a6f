import {expect, it} from 'vitest';
import type {StoreSample} from '../../../src/domain/storage/same-registry.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';
import {askSameRegistry} from '../../../src/engine/scan/same-registry.ts';
import {catalogueOf, fakeRegistry, refusal, smallManifest} from '../../support/fake-ports.ts';

const {signal} = new AbortController();
const [old, young] = [smallManifest('old'), smallManifest('young')];
const sampleOf = (digest = old.digest, notStored: string[] = []): StoreSample => ({
	tags: [{repository: 'acme/app', tag: 'v1', digest}],
	notStored,
});

function registryWith(more: Partial<Registry> = {}): Registry & {asked: string[]} {
	const asked: string[] = [];
	return {
		...fakeRegistry(),
		asked,
		async manifest(repository, reference) {
			asked.push(`${repository}:${reference}`);
			return {state: 'found', ...young, mediaType: 'application/vnd.oci.image.manifest.v1+json'};
		},
		repositories: catalogueOf('acme/app'),
		...more,
	};
}

it('a tag that was pushed between the two reads is no other registry: both sides are read again', async () => {
	const samples = [sampleOf(old.digest), sampleOf(young.digest)];

	const found = await askSameRegistry(registryWith(), {
		role: 'authoritative',
		readSample: async () => samples.shift()!,
		signal,
	});

	expect(found).toEqual({kind: 'same'});
	expect(samples).toEqual([]);
});

it('a cache is asked for no tag, because it would ask its upstream', async () => {
	const registry = registryWith();
	const ask = (notStored: string[]) =>
		askSameRegistry(registry, {role: 'cache', readSample: async () => sampleOf(old.digest, notStored), signal});

	expect(await ask([])).toEqual({kind: 'same'});
	expect(await ask(['acme/app'])).toMatchObject({kind: 'another'});
	expect(registry.asked).toEqual([]);
});

it('a registry that refuses the catalogue and the tags is unknown, with the reason', async () => {
	const refuse = () => {
		throw refusal();
	};
	const registry = registryWith({manifest: async () => refuse(), repositories: refuse});

	expect(await askSameRegistry(registry, {role: 'authoritative', readSample: async () => sampleOf(), signal})).toEqual({
		kind: 'unknown',
		why: 'We are kept out.',
	});
});

it('altered bytes of the digest that the disk names are damage, and not another registry', async () => {
	const registry = registryWith({
		manifest: async () => ({
			state: 'found',
			bytes: young.bytes,
			digest: young.digest,
			claimed: old.digest,
			mediaType: 'application/vnd.oci.image.manifest.v1+json',
		}),
	});

	expect(await askSameRegistry(registry, {role: 'authoritative', readSample: async () => sampleOf(), signal})).toEqual({
		kind: 'same',
	});
});
