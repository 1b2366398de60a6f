import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {type Manifest, parseManifest, platformName, references} from '../../../src/domain/image/manifest.ts';
import {isIndexType, mediaTypes} from '../../../src/domain/image/media-type.ts';
import {buildImage} from '../../../src/drills/images/image.ts';

const a = {digest: `sha256:${'a'.repeat(64)}` as Digest, size: 12};
const b = {digest: `sha512:${'b'.repeat(128)}` as Digest, size: 0};

function read(document: unknown, contentType?: string): Manifest {
	const parsed = parseManifest(JSON.stringify(document), contentType);
	expect(parsed).toMatchObject({ok: true});
	return (parsed as {manifest: Manifest}).manifest;
}

const reason = (document: unknown, contentType?: string) =>
	parseManifest(typeof document === 'string' ? document : JSON.stringify(document), contentType);

test('the manifests of a build are read: platforms, attestations, configs and layers', () => {
	const {index, manifests} = buildImage({seed: 'parse', platforms: ['linux/amd64', 'linux/arm64/v8']});
	const parsed = read(JSON.parse(index.bytes.toString()));

	expect(references(parsed).map(({digest}) => digest)).toEqual(manifests.map(({digest}) => digest));
	expect(references(parsed).map(platformName)).toEqual(['linux/amd64', 'attestation', 'linux/arm64/v8', 'attestation']);
	expect(references(read(JSON.parse(manifests[0]!.bytes.toString())))).toHaveLength(3);
});

test('without a mediaType the Content-Type decides, or else the fields', () => {
	expect(read({manifests: [a]})).toMatchObject({kind: 'index', mediaType: mediaTypes.ociIndex});
	expect(read({manifests: [a]}, `${mediaTypes.dockerList}; charset=utf-8`)).toMatchObject({
		mediaType: mediaTypes.dockerList,
	});
	expect(read({config: a, layers: [b]}, mediaTypes.dockerManifest)).toMatchObject({
		mediaType: mediaTypes.dockerManifest,
	});
	expect(read({config: a, layers: [b]}, 'text/plain')).toMatchObject({
		kind: 'image',
		mediaType: mediaTypes.ociManifest,
	});
	expect(read({mediaType: mediaTypes.ociArtifact, blobs: [a]})).toMatchObject({kind: 'image', layers: [a]});
});

test('what Go reads is read: null as absent, and platforms without their fields', () => {
	expect(read({mediaType: mediaTypes.ociIndex, manifests: null, config: null, subject: null})).toMatchObject({
		children: [],
	});
	expect(
		read({mediaType: null, config: {...a, mediaType: null, annotations: null, urls: null}, layers: null}),
	).toMatchObject({
		config: a,
		layers: [],
	});
	const index = read({
		manifests: [
			{...a, platform: {}},
			{...a, platform: {architecture: 'amd64', variant: null}},
		],
	});
	expect(references(index).map(platformName)).toEqual([undefined, 'amd64']);
});

test.each([
	['', 'it is empty'],
	['{"manifests":', 'it is not JSON'],
	['null', 'the document'],
	[{}, 'neither'],
	[{mediaType: mediaTypes.ociIndex}, 'neither'],
	[{mediaType: mediaTypes.ociIndex, config: a, layers: []}, 'both'],
	[{mediaType: mediaTypes.ociManifest, manifests: [a]}, 'neither'],
	[{manifests: [a], layers: [b]}, 'both'],
	[{manifests: [{...a, digest: 'latest'}]}, 'manifests.0.digest'],
	[{config: {...a, size: -1}, layers: []}, 'config.size'],
	[{config: {...a, size: 1e300}, layers: []}, 'config.size'],
	[{config: a, layers: 'none'}, 'layers'],
])('%j is unreadable, and says why', (document, why) => {
	expect(reason(document)).toEqual({ok: false, reason: expect.stringContaining(why)});
});

test('any input is read or refused and never thrown, and only a declared index is an index', () => {
	const descriptor = fc.record(
		{
			digest: fc.constantFrom(a.digest, b.digest, 'latest'),
			size: fc.oneof(fc.nat(), fc.constant(-1)),
			urls: fc.anything(),
		},
		{requiredKeys: ['digest', 'size']},
	);
	const list = fc.oneof(fc.array(descriptor), fc.jsonValue());
	const document = fc.record(
		{
			mediaType: fc.oneof(fc.constantFrom(...Object.values(mediaTypes)), fc.jsonValue()),
			manifests: list,
			config: fc.oneof(descriptor, fc.jsonValue()),
			layers: list,
			subject: fc.jsonValue(),
		},
		{requiredKeys: []},
	);

	fc.assert(
		fc.property(
			fc.oneof(document, fc.jsonValue()),
			fc.option(fc.constantFrom(...Object.values(mediaTypes))),
			(value, type) => {
				const parsed = parseManifest(JSON.stringify(value), type ?? undefined);

				if (parsed.ok) {
					expect(parsed.manifest.kind === 'index').toBe(isIndexType(parsed.manifest.mediaType));
				} else {
					expect(parsed.reason).not.toBe('');
				}
			},
		),
	);
});

test('four megabytes of brackets are refused, not a stack overflow', () => {
	expect(reason('['.repeat(4 * 1024 * 1024))).toMatchObject({ok: false});
	expect(reason(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)).toMatchObject({ok: false});
});

test('a null where Go expects a text or a size is read as Go reads it, and a number in place of a text is not', () => {
	const config = {digest: a.digest, size: null, annotations: {note: null, other: 'x'}, urls: [null]};

	expect(read({config, layers: []})).toMatchObject({
		config: {digest: a.digest, size: 0, annotations: {note: '', other: 'x'}, urls: ['']},
	});
	expect(parseManifest(JSON.stringify({config: {...a, annotations: {note: 1}}, layers: []}))).toMatchObject({
		ok: false,
	});
});
