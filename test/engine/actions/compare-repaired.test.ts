import {expect, test} from 'vitest';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {Original} from '../../../src/domain/remedy/compare-to-original.ts';
import type {ActionContext} from '../../../src/engine/actions/action.ts';
import {registryVerify} from '../../../src/engine/actions/registry-verify.ts';
import {
	contextWith,
	digestOf,
	type FakeRegistry,
	fakeRegistry,
	image as latest,
	type Manifest,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';

const image = parseReference(latest);
const [old, rebuilt, third] = ['old', 'rebuilt', 'third'].map(smallManifest) as [Manifest, Manifest, Manifest];
const original: Original = {
	digest: old.digest,
	isIndex: true,
	platforms: ['linux/amd64', 'linux/arm64'],
	tags: ['latest', '2026-04', 'stable', 'gone'],
};

/** Single images, whose configs say linux/amd64. */
function registryWith(served: Record<string, Manifest>): FakeRegistry {
	const registry = fakeRegistry({
		...served,
		...Object.fromEntries(Object.values(served).map(each => [each.digest, each])),
	});
	registry.blob = async (_repository, _blob, _depth, {onContent}) => {
		onContent?.(Buffer.from('{"os":"linux","architecture":"amd64"}'));
		return {state: 'present', status: 200};
	};
	return registry;
}

async function verified(registry: FakeRegistry, more: Partial<ActionContext>) {
	const {output, say} = await registryVerify.run({image, depth: 'edge'}, contextWith({registry}, more));
	return {say, output: output as Record<string, unknown>};
}

test('after a change the image is compared with the original: platforms, media type and every tag that named it', async () => {
	const registry = registryWith({latest: rebuilt, '2026-04': old, stable: third});
	const {output, say} = await verified(registry, {original, changed: true});

	expect(output).toMatchObject({
		platforms: ['linux/amd64'],
		comparedToOriginal: {
			same: false,
			platforms: {lost: ['linux/arm64'], new: []},
			mediaType: false,
			tags: {lost: ['2026-04', 'gone'], moved: ['stable']},
		},
	});
	expect(say).toContain('The repair lost linux/arm64, which the image had before.');
});

test('before a change nothing is compared; what the platforms are is kept for later', async () => {
	const {output} = await verified(registryWith({latest: old}), {original});

	expect(output.platforms).toEqual(['linux/amd64']);
	expect(output).not.toHaveProperty('comparedToOriginal');
});

test('a relink keeps the digest: it is the same, whatever could not be read of it', async () => {
	const registry = registryWith({latest: old});
	registry.blob = async () => ({state: 'present', status: 200});
	const {output} = await verified(registry, {original: {...original, tags: ['latest']}, changed: true});

	expect(output).toMatchObject({comparedToOriginal: {same: true}});
});

test('a tag that cannot be read is neither lost nor kept, and the rest is compared all the same', async () => {
	const registry = registryWith({latest: rebuilt, '2026-04': old});
	const {manifest} = registry;
	registry.manifest = (repository, reference, waiting) =>
		reference === '2026-04' ? Promise.reject(unreachable()) : manifest(repository, reference, waiting);
	const {output} = await verified(registry, {original, changed: true});

	expect(output).toMatchObject({
		comparedToOriginal: {platforms: {lost: ['linux/arm64']}, tags: {lost: [], moved: []}},
	});
});

test('where the platforms are not known on either side, that is said', async () => {
	const registry = registryWith({latest: rebuilt});
	registry.blob = async () => ({state: 'present', status: 200});
	const {output, say} = await verified(registry, {original, changed: true});

	expect(output.comparedToOriginal).toBeNull();
	expect(say).toContain('It is not known which platforms the image had before');
});

test('what the walk has read is not requested again: manifest and config, one request each', async () => {
	const config = Buffer.from('{"os":"linux","architecture":"arm64","rootfs":{"type":"layers","diff_ids":[]}}');
	const descriptor = {
		mediaType: 'application/vnd.oci.image.config.v1+json',
		size: config.length,
		digest: digestOf(config),
	};
	const bytes = Buffer.from(
		JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor, layers: []}),
	);
	const registry = fakeRegistry({latest: {bytes, digest: digestOf(bytes)}});
	const asked: string[] = [];
	const {manifest} = registry;
	registry.manifest = (repository, reference, waiting) => {
		asked.push(reference);
		return manifest(repository, reference, waiting);
	};
	registry.blob = async (_repository, {digest}, _depth, {onContent}) => {
		asked.push(digest);
		onContent?.(config);
		return {state: 'present', status: 200};
	};

	expect((await verified(registry, {})).output).toMatchObject({verdict: 'intact', platforms: ['linux/arm64']});
	expect(asked).toEqual(['latest', descriptor.digest]);
});
