import {expect, it} from 'vitest';
import type {Manifest} from '../../../src/domain/image/manifest.ts';
import {parseManifest} from '../../../src/domain/image/manifest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {isAttachedTag, isRunnable} from '../../../src/domain/image/purpose.ts';
import {buildImage} from '../../../src/drills/images/image.ts';

const hex = 'a'.repeat(64);
const part = (mediaType: string, more: object = {}) => ({mediaType, digest: `sha256:${hex}`, size: 2, ...more});
const imageConfig = 'application/vnd.oci.image.config.v1+json';
const imageLayer = 'application/vnd.oci.image.layer.v1.tar+gzip';

function manifest(document: object): Manifest {
	const parsed = parseManifest(JSON.stringify({schemaVersion: 2, ...document}));
	expect(parsed.ok).toBe(true);
	return (parsed as {manifest: Manifest}).manifest;
}

const image = (config: string, layers: string[], more: object = {}) =>
	manifest({
		mediaType: mediaTypes.ociManifest,
		config: part(config),
		layers: layers.map(layer => part(layer)),
		...more,
	});

it.each<[string, Manifest, boolean]>([
	['an OCI image', image(imageConfig, [imageLayer]), true],
	[
		'a Docker image',
		image('application/vnd.docker.container.image.v1+json', ['application/vnd.docker.image.rootfs.diff.tar.gzip']),
		true,
	],
	['a zstd layer', image(imageConfig, ['application/vnd.oci.image.layer.v1.tar+zstd']), true],
	['a cosign signature', image(imageConfig, ['application/vnd.dev.cosign.simplesigning.v1+json']), false],
	['a cosign attestation', image(imageConfig, ['application/vnd.dsse.envelope.v1+json']), false],
	['an SBOM', image(imageConfig, ['text/spdx+json']), false],
	['a BuildKit attestation', image(imageConfig, ['application/vnd.in-toto+json']), false],
	['a BuildKit cache as an image', image('application/vnd.buildkit.cacheconfig.v0', [imageLayer]), false],
	[
		'a BuildKit cache as an index',
		manifest({
			mediaType: mediaTypes.ociIndex,
			manifests: [part(imageLayer), part('application/vnd.buildkit.cacheconfig.v0')],
		}),
		false,
	],
	[
		'a Helm chart',
		image('application/vnd.cncf.helm.config.v1+json', ['application/vnd.cncf.helm.chart.content.v1.tar+gzip']),
		false,
	],
	['what ORAS pushes', image('application/vnd.oci.empty.v1+json', ['text/plain']), false],
	['an artifact by its type', image(imageConfig, [imageLayer], {artifactType: 'application/x'}), false],
	['a referrer', image(imageConfig, [imageLayer], {subject: part(mediaTypes.ociManifest)}), false],
	['an image without layers', image(imageConfig, []), false],
	['an empty index', manifest({mediaType: mediaTypes.ociIndex, manifests: []}), false],
])('%s: whether it can be run is %3$s', (_what, each, expected) => {
	expect(isRunnable(each, () => undefined)).toBe(expected);
});

it('an index is an image if one of its children is, and what buildx pushes is one', () => {
	const {index, manifests} = buildImage({seed: 'app'});
	const byDigest = new Map<string, Manifest>(
		manifests.map(({digest, bytes}) => [digest, manifest(JSON.parse(bytes.toString()))]),
	);
	const whole = manifest(JSON.parse(index.bytes.toString()));
	const signatures = manifest({mediaType: mediaTypes.ociIndex, manifests: [part(mediaTypes.ociManifest)]});

	expect(isRunnable(whole, ({digest}) => byDigest.get(digest))).toBe(true);
	expect(isRunnable(signatures, () => image(imageConfig, ['application/vnd.dev.cosign.simplesigning.v1+json']))).toBe(
		false,
	);
});

it.each([
	[`sha256-${hex}.sig`, true],
	[`sha256-${hex}.att`, true],
	[`sha256-${hex}.sbom`, true],
	[`sha256-${hex}`, true],
	[`prod-sha256-${hex}.sig`, true],
	['sha256-4f0c1d2', false],
	['1.4.2', false],
	[hex, false],
])('the tag %s is attached to another image: %s', (tag, expected) => {
	expect(isAttachedTag(tag)).toBe(expected);
});
