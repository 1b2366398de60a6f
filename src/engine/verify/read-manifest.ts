import type {ErrorCode} from '../../domain/error-codes.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {type Manifest, parseManifest, references} from '../../domain/image/manifest.ts';
import {mediaTypes} from '../../domain/image/media-type.ts';
import type {ManifestAnswer} from '../ports/registry.ts';
import {type Sharing, unshared} from './asking/sharing.ts';
import {type Need, needsOf} from './needs.ts';

export type Found = Extract<ManifestAnswer, {state: 'found'}>;

/** What a manifest turned out to be. Its bytes are not kept. */
export type FoundFact =
	| {
			state: 'read';
			kind: Manifest['kind'];
			/** Bytes that came. */
			size: number;
			mediaType: string;
			needs: Need[];
			/** Nothing is missing from it, and nobody can pull it. */
			namesNothing: boolean;
	  }
	/** `size`: where a descriptor of another size is to be blamed first. */
	| {state: 'damaged'; mediaType: string; detail: string; size?: number}
	/** Whole, but in a form that regmedic does not take apart. */
	| {state: 'foreign-form'; mediaType: string; code: ErrorCode; message: string; hint: string};

/** What is known of a manifest, on whatever way it is come by. */
export type ManifestFact = FoundFact | Exclude<ManifestAnswer, {state: 'found'}>;

/**
 * Reads what came, if it is what was asked for.
 * @param wanted the digest that was asked for
 */
export function readManifest(
	{bytes, digest, claimed, mediaType: contentType}: Found,
	wanted: Digest | undefined,
	sharing: Sharing = unshared,
): FoundFact {
	const mediaType = sharing.text(contentType);
	const size = bytes.length;

	// Signed schema 1 manifests have the digest of a part of them.
	if (mediaType === mediaTypes.dockerSchema1Signed || mediaType === mediaTypes.dockerSchema1) {
		return {
			state: 'foreign-form',
			mediaType,
			code: 'manifest.schema1',
			message: `This is a schema 1 manifest (${mediaType}), which regmedic does not take apart.`,
			hint: 'Rebuild the image: registries and engines no longer accept this form.',
		};
	}

	const named = wanted ?? claimed;

	if (named !== undefined && named !== digest) {
		return {state: 'damaged', mediaType, detail: `its bytes hash to ${digest}, not to ${named}`};
	}

	const text = decode(bytes);

	if (text === undefined) {
		return {state: 'damaged', mediaType, size, detail: 'it is not UTF-8'};
	}

	const parsed = parseManifest(text, mediaType);

	if (!parsed.ok) {
		return parsed.unsupported === undefined
			? {state: 'damaged', mediaType, size, detail: parsed.reason}
			: {
					state: 'foreign-form',
					mediaType,
					code: 'manifest.unsupported-digest',
					message: `It names ${parsed.unsupported}, a kind of digest that regmedic cannot check.`,
					hint: 'regmedic knows sha256 and sha512.',
				};
	}

	const {manifest} = parsed;
	return {
		state: 'read',
		kind: manifest.kind,
		size,
		mediaType: sharing.text(manifest.mediaType),
		needs: needsOf(manifest, sharing),
		namesNothing: namesNothing(manifest),
	};
}

/** Artifacts, also in the form of an index, may consist of their annotations and of what they refer to. */
function namesNothing(manifest: Manifest): boolean {
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
