import type {ErrorCode} from '../../domain/error-codes.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {type Descriptor, type Manifest, parseManifest, platformName, references} from '../../domain/image/manifest.ts';
import {mediaTypes, roleOfChild} from '../../domain/image/media-type.ts';
import {type Judgement, judgeManifest, unpackedLayers} from '../../domain/image/pullable/judge-manifest.ts';
import {isEncrypted, isUnpacked, mayLiveElsewhere} from '../../domain/image/pullable/layer-types.ts';
import type {ManifestAnswer} from '../ports/registry.ts';
import type {PartDescriptor} from './parts.ts';

export type Found = Extract<ManifestAnswer, {state: 'found'}>;

/** What the bytes of a manifest turned out to be. The bytes themselves are not kept. */
export type FoundFact =
	| {
			state: 'read';
			kind: Manifest['kind'];
			/** Bytes received. */
			size: number;
			mediaType: string;
			descriptors: PartDescriptor[];
			/** It references nothing pullable, although nothing is missing from it. */
			isEmpty: boolean;
			/** What is wrong with what it names, or some clients fail at, if anything is. */
			judgement?: Judgement;
	  }
	| {state: 'damaged'; mediaType: string; detail: string}
	/** Whole, but in a form that regmedic does not support. */
	| {state: 'unsupported'; mediaType: string; code: ErrorCode; message: string; hint: string};

/** What is known of a manifest. */
export type ManifestFact = FoundFact | Exclude<ManifestAnswer, {state: 'found'}>;

export function isFound(fact: ManifestFact): fact is FoundFact {
	return fact.state !== 'missing' && fact.state !== 'unreadable' && fact.state !== 'unserved';
}

/**
 * Reads a manifest, if its bytes are what was requested.
 * @param wanted the digest that was requested
 */
export function readManifest(
	{bytes, digest, claimed, mediaType: contentType}: Found,
	wanted: Digest | undefined,
	interning: Interning,
): FoundFact {
	const mediaType = interning.text(contentType);
	const size = bytes.length;

	// The digest of a signed schema 1 manifest covers only a part of its bytes.
	if (mediaType === mediaTypes.dockerSchema1Signed || mediaType === mediaTypes.dockerSchema1) {
		return {
			state: 'unsupported',
			mediaType,
			code: 'manifest.schema1',
			message: `This is a schema 1 manifest (${mediaType}), which regmedic does not support.`,
			hint: 'Rebuild the image: registries and engines no longer accept this form.',
		};
	}

	const expected = wanted ?? claimed;

	if (expected !== undefined && expected !== digest) {
		return {state: 'damaged', mediaType, detail: `its bytes hash to ${digest}, not to ${expected}`};
	}

	const text = decode(bytes);

	if (text === undefined) {
		return {state: 'damaged', mediaType, detail: 'it is not UTF-8'};
	}

	const parsed = parseManifest(text, mediaType);

	if (!parsed.ok && parsed.ambiguous) {
		return {
			state: 'unsupported',
			mediaType,
			code: 'manifest.ambiguous',
			message: `Clients may read another manifest than this one: ${parsed.reason}.`,
			hint: 'Push the image again with a tool that writes each key once, as the specification spells it.',
		};
	}

	if (!parsed.ok) {
		return parsed.unsupported === undefined
			? {state: 'damaged', mediaType, detail: parsed.reason}
			: {
					state: 'unsupported',
					mediaType,
					code: 'manifest.unsupported-digest',
					message: `It references ${parsed.unsupported}, which has an unsupported digest algorithm.`,
					hint: 'regmedic supports sha256 and sha512.',
				};
	}

	const {manifest} = parsed;
	const judgement = judgeManifest(digest, manifest);
	const {flaws, warnings} = judgement;
	return {
		state: 'read',
		kind: manifest.kind,
		size,
		mediaType: interning.text(manifest.mediaType),
		descriptors: descriptorsOf(manifest, interning),
		isEmpty: isEmpty(manifest),
		...(flaws.length + warnings.length > 0 && {judgement}),
	};
}

/** Without the `subject`, which may be missing. */
function descriptorsOf(manifest: Manifest, interning: Interning): PartDescriptor[] {
	function describe(
		role: PartDescriptor['role'],
		descriptor: Descriptor,
		more: Pick<PartDescriptor, 'layers' | 'unpacks'> = {},
	): PartDescriptor {
		const {digest, size, mediaType} = descriptor;
		const platform = role === 'manifest' ? platformName(descriptor) : undefined;
		return interning.descriptor({
			role,
			digest,
			size,
			...(mediaType === undefined ? {} : {mediaType: interning.text(mediaType)}),
			...(platform === undefined ? {} : {platform: interning.text(platform)}),
			...more,
			...(role === 'layer' && mayLiveElsewhere(descriptor) && {mayBeElsewhere: true as const}),
		});
	}

	if (manifest.kind === 'index') {
		return manifest.children.map(child => describe(roleOfChild(child), child));
	}

	const unpacked = unpackedLayers(manifest);
	const layers = manifest.layers.map(layer =>
		describe(
			'layer',
			layer,
			unpacked !== undefined && isUnpacked(layer.mediaType) && !isEncrypted(layer.mediaType) ? {unpacks: true} : {},
		),
	);
	return manifest.config === undefined
		? layers
		: [describe('config', manifest.config, unpacked === undefined ? {} : {layers: unpacked}), ...layers];
}

/** Artifacts, also as an index, may consist of nothing but annotations and a subject. */
function isEmpty(manifest: Manifest): boolean {
	const {artifactType, subject, mediaType} = manifest;
	const isArtifact = artifactType !== undefined || subject !== undefined || mediaType === mediaTypes.ociArtifact;
	return !isArtifact && references(manifest).length === 0;
}

const strict = {fatal: true, ignoreBOM: true};

function decode(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder('utf-8', strict).decode(bytes);
	} catch {
		return undefined;
	}
}

/** One object for equal values: all tags of a repository reference the same layers and media types, and facts are kept. */
type Interning = {
	text<Text extends string>(text: Text): Text;
	descriptor(descriptor: PartDescriptor): PartDescriptor;
};

export function createInterning(): Interning {
	/** Few: media types and platforms. Digests are shared with the descriptors. */
	const texts = new Map<string, string>();
	const descriptors = new Map<Digest, PartDescriptor>();

	return {
		text<Text extends string>(one: Text): Text {
			const known = texts.get(one);
			if (known === undefined) {
				texts.set(one, one);
			}

			return (known as Text | undefined) ?? one;
		},
		descriptor(one) {
			const known = descriptors.get(one.digest);
			if (known === undefined) {
				descriptors.set(one.digest, one);
				return one;
			}

			return isSame(known, one) ? known : {...one, digest: known.digest};
		},
	};
}

function isSame(one: PartDescriptor, other: PartDescriptor): boolean {
	return (
		one.size === other.size &&
		one.role === other.role &&
		one.mediaType === other.mediaType &&
		one.platform === other.platform &&
		one.layers === other.layers &&
		one.unpacks === other.unpacks &&
		one.mayBeElsewhere === other.mayBeElsewhere
	);
}
