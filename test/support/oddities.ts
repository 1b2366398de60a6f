import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {attestationArtifact, blob, config, type ImagePart, image, index, layer, on, plainImage} from './image-parts.ts';

/** An image with an attestation of BuildKit 0.32 or newer. */
export function withArtifact(seed: string): ImagePart {
	const amd64 = plainImage(seed);
	return index([on('linux/amd64', amd64), attestationArtifact(seed, amd64)]);
}

/** Two layers that live elsewhere, and one of its own. */
export function withForeignLayers(seed: string): ImagePart {
	const foreign = [
		{mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', urls: ['https://layers.example/1']},
		{mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', urls: ['https://layers.example/2']},
	].map((fields, at) => ({...layer(`${seed} elsewhere ${at}`).descriptor, ...fields}));
	const own = layer(seed);
	return image({config: config(seed), layers: [own], fields: {layers: [...foreign, own.descriptor]}});
}

export function artifact(seed: string): ImagePart {
	return image({
		config: blob('{}', 'application/vnd.oci.empty.v1+json'),
		layers: [blob(seed, 'text/plain')],
		fields: {artifactType: 'application/vnd.acme.report'},
	});
}

/** As Docker pushed before OCI: a manifest list over schema 2. */
export function dockerList(seed: string): ImagePart {
	const {digest, ...rest} = config(seed);
	const docker = image({
		config: {
			...rest,
			digest,
			descriptor: {...rest.descriptor, mediaType: 'application/vnd.docker.container.image.v1+json'},
		},
		layers: [blob(seed, 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
		fields: {mediaType: mediaTypes.dockerManifest},
	});
	return index([on('linux/amd64', docker)], {mediaType: mediaTypes.dockerList});
}

export function nested(seed: string, depth: number): ImagePart {
	return depth === 0 ? on('linux/amd64', plainImage(seed)) : index([nested(seed, depth - 1)]);
}

/** A different image under each tag, with one layer in all of them. */
export function sharing(tag: string): ImagePart {
	return image({config: config(`sharing ${tag}`), layers: [layer('shared'), layer(`only ${tag}`)]});
}
