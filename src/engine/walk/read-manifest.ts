import type {Digest} from '../../domain/digest.ts';
import {type Manifest, parseManifest} from '../../domain/manifest.ts';
import {mediaTypes} from '../../domain/media-type.ts';
import type {ManifestAnswer} from '../ports.ts';

export type ReadManifest =
	| {state: 'read'; manifest: Manifest}
	| {state: 'damaged'; detail: string}
	/** Whole, but in a form that names its parts in another way. */
	| {state: 'foreign-form'; mediaType: string};

type Found = Extract<ManifestAnswer, {state: 'found'}>;

/**
 * Reads what came, if it is what was asked for.
 * @param wanted the digest that was asked for, and the size in bytes where a descriptor says it
 */
export function readManifest(
	{bytes, digest, claimed, mediaType}: Found,
	wanted: {digest?: Digest | undefined; size?: number},
): ReadManifest {
	// Signed schema 1 manifests have the digest of a part of them.
	if (mediaType === mediaTypes.dockerSchema1Signed || mediaType === mediaTypes.dockerSchema1) {
		return {state: 'foreign-form', mediaType};
	}

	const named = wanted.digest ?? claimed;

	if (named !== undefined && named !== digest) {
		return {state: 'damaged', detail: `its bytes hash to ${digest}, not to ${named}`};
	}

	if (wanted.size !== undefined && wanted.size !== bytes.length) {
		return {state: 'damaged', detail: `it has ${bytes.length} bytes, its index says ${wanted.size}`};
	}

	const text = decode(bytes);
	const parsed = text === undefined ? undefined : parseManifest(text, mediaType);

	if (parsed?.ok) {
		return {state: 'read', manifest: parsed.manifest};
	}

	return {state: 'damaged', detail: parsed?.reason ?? 'it is not UTF-8'};
}

function decode(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
	} catch {
		return undefined;
	}
}
