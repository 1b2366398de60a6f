import {type Digest, isDigestOfNothing} from '../digest.ts';
import type {FaultKind} from '../fault.ts';
import {type Descriptor, type ImageManifest, type Index, type Manifest, platformName} from '../manifest.ts';
import {isIndexType, isManifestType, roleOfChild} from '../media-type.ts';
import {isEncrypted, isImageConfig, isUnpacked} from './layer-types.ts';
import type {Warning} from './warning.ts';

/** What is wrong with a digest although its bytes are right. */
export type Flaw = {kind: FaultKind; digest: Digest; detail: string};

export type Judgement = {flaws: Flaw[]; warnings: Warning[]};

/** Docker's layer store refuses a deeper chain. @see moby v20.10 layer/layer_store.go, maxLayerDepth */
const mostLayersOfDocker = 125;
/** @see containers/image v5.23 internal/iolimits/iolimits.go, MaxConfigBodySize */
const largestConfigOfSkopeo = 4 * 1024 * 1024;

/**
 * What can be told of a manifest from its own bytes: whether containerd can pull and unpack what it names.
 * @param digest of the manifest
 */
export function judgeManifest(digest: Digest, manifest: Manifest): Judgement {
	const judgement = manifest.kind === 'index' ? judgeIndex(manifest) : judgeImage(digest, manifest);
	const parts = manifest.kind === 'index' ? manifest.children : [manifest.config ?? [], manifest.layers].flat();
	for (const part of parts) {
		// @see containers/image docker/docker_client.go, getBlob; containerd v1.6.38 remotes/docker/fetcher.go, Fetch: it goes on only
		// after a 404, so an address that refuses fails the pull (seen in test/real/crafted.test.ts)
		if (part.urls !== undefined && part.urls.length > 0) {
			const detail = 'its descriptor names addresses elsewhere (urls), which these clients ask first';
			judgement.warnings.push({
				kind: 'urls-first',
				digest: part.digest,
				clients: ['containerd', 'skopeo', 'buildah', 'podman'],
				detail,
			});
		}

		if (!part.digest.startsWith('sha256:')) {
			judgement.warnings.push({
				kind: 'digest-unusual',
				digest: part.digest,
				clients: ['docker', 'skopeo', 'buildah'],
				detail: 'its digest is not sha256',
			});
		}
	}

	return judgement;
}

/**
 * How many layers a client unpacks and expects a digest of in the config; undefined: no image to run. cosign and BuildKit give
 * signatures and attestations an image's config, and layers of their own.
 */
export function unpackedLayers({config, layers}: ImageManifest): number | undefined {
	return isImageConfig(config?.mediaType) &&
		(layers.length === 0 || layers.some(({mediaType}) => isUnpacked(mediaType)))
		? layers.length
		: undefined;
}

function judgeImage(digest: Digest, manifest: ImageManifest): Judgement {
	const {config, layers} = manifest;
	const judgement: Judgement = {flaws: [], warnings: []};
	const {flaws, warnings} = judgement;
	if (config !== undefined && config.mediaType === undefined && layers.some(({mediaType}) => isUnpacked(mediaType))) {
		flaws.push({kind: 'type-mismatch', digest: config.digest, detail: 'the manifest gives its config no media type'});
	}

	if (unpackedLayers(manifest) === undefined) {
		return judgement;
	}

	for (const layer of layers) {
		if (!isUnpacked(layer.mediaType)) {
			const detail = `no client unpacks a layer of ${layer.mediaType === undefined ? 'no type' : `type ${layer.mediaType}`}`;
			flaws.push({kind: 'layer-unreadable', digest: layer.digest, detail});
		} else if (layer.size === 0 && isDigestOfNothing(layer.digest)) {
			// Seen with containerd 1.6.20: "reports content size of zero".
			const detail = 'it has no bytes: containerd refuses to fetch it';
			flaws.push({kind: 'layer-unreadable', digest: layer.digest, detail});
		} else if (isEncrypted(layer.mediaType)) {
			const detail = 'it is encrypted: only who has the key unpacks it';
			warnings.push({kind: 'layer-encrypted', digest: layer.digest, clients: ['clients without the key'], detail});
		}
	}

	if (layers.length > mostLayersOfDocker) {
		const detail = `${layers.length} layers; Docker's own store holds ${mostLayersOfDocker}`;
		warnings.push({kind: 'layers-many', digest, clients: ['docker'], detail});
	}

	if (config !== undefined && config.size > largestConfigOfSkopeo) {
		const detail = `its config has ${config.size} bytes; these clients read 4 MiB`;
		warnings.push({kind: 'config-large', digest: config.digest, clients: ['skopeo', 'buildah', 'podman'], detail});
	}

	return judgement;
}

function judgeIndex({children}: Index): Judgement {
	const judgement: Judgement = {flaws: [], warnings: []};
	const {flaws, warnings} = judgement;
	const manifests = children.filter(child => roleOfChild(child) === 'manifest');
	const nameless = manifests.filter(isNameless);
	for (const child of nameless) {
		if (nameless.length === manifests.length) {
			flaws.push({
				kind: 'type-mismatch',
				digest: child.digest,
				detail: 'the index gives it a platform without a name, which no client chooses',
			});
		} else {
			const detail = 'the index gives it a platform without a name: no client chooses it';
			warnings.push({kind: 'platform-unchosen', digest: child.digest, clients: ['all'], detail});
		}
	}

	for (const child of manifests) {
		const {os = '', architecture = ''} = child.platform ?? {};
		if (/[A-Z]/.test(os + architecture)) {
			const detail = `the index spells its platform ${platformName(child)}, in upper case`;
			warnings.push({
				kind: 'platform-upper',
				digest: child.digest,
				clients: ['docker 20.10', 'buildah', 'podman'],
				detail,
			});
		}

		if (isIndexType(child.mediaType)) {
			const detail = 'an index inside an index';
			warnings.push({
				kind: 'index-nested',
				digest: child.digest,
				clients: ['docker 20.10', 'skopeo', 'buildah'],
				detail,
			});
		}
	}

	return judgement;
}

/** `platform: {}`; without any `platform` a client reads the config. */
function isNameless({platform}: Descriptor): boolean {
	return platform !== undefined && (platform.os === '' || platform.architecture === '');
}

/**
 * Why a child cannot be fetched as its index describes it. containerd asks with the descriptor's media type, and a registry that has
 * the manifest in another answers that it is not found.
 * @param actual the child's own media type, or that of the response
 */
export function typeFlaw(described: string | undefined, actual: string): string | undefined {
	if (described === actual) {
		return undefined;
	}

	if (described === undefined || described === '') {
		return 'its index gives it no media type';
	}

	return isManifestType(described) || isManifestType(actual)
		? `its index says ${described}, it is ${actual}`
		: undefined;
}
