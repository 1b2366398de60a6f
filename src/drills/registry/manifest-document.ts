import type {Digest} from '../../domain/image/digest.ts';
import {bareMediaType, mediaTypes} from '../../domain/image/media-type.ts';
import {jsonSentence} from './dialect.ts';
import {Refusal} from './refusal.ts';

/** The parts of a manifest that the registry itself reads. */
export type ManifestDocument = {
	kind: 'index' | 'image';
	/** The document's own mediaType; empty where it has none. */
	declared: string;
	/** The Content-Type that the registry serves it with. */
	mediaType: string;
	references: {digest: Digest; mediaType: string; urls: string[]}[];
};

type Parsed = {
	schemaVersion?: unknown;
	mediaType?: unknown;
	manifests?: unknown;
	config?: unknown;
	layers?: unknown;
};

const indexTypes: string[] = [mediaTypes.ociIndex, mediaTypes.dockerList];
const imageTypes: string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];

/**
 * Reads a stored manifest as the registry does before it serves it. An unreadable one is a 500.
 * @see distribution v2.8.3 registry/storage/manifeststore.go, Get
 * @throws Refusal UNKNOWN
 */
export function readStored(content: Buffer): ManifestDocument {
	const parsed = parseAsGo(content);
	const declared = typeof parsed.mediaType === 'string' ? parsed.mediaType : '';

	if (parsed.schemaVersion !== 2) {
		const sentence = `unrecognized manifest schema version ${parsed.schemaVersion ?? 0}`;
		throw new Refusal({code: 'UNKNOWN', detail: {}, sentence});
	}

	if (indexTypes.includes(declared) || (declared === '' && Array.isArray(parsed.manifests))) {
		return describe('index', declared, declared || mediaTypes.ociIndex, parsed);
	}

	if (imageTypes.includes(declared) || declared === '') {
		return describe('image', declared, declared || mediaTypes.ociManifest, parsed);
	}

	throw new Refusal({
		code: 'UNKNOWN',
		detail: [{}],
		sentence: `errors verifying manifest: unrecognized manifest content type ${declared}`,
	});
}

/**
 * Reads a pushed manifest. Here the Content-Type decides how it is read.
 * @see distribution v2.8.3 manifests.go, UnmarshalManifest
 * @throws Refusal MANIFEST_INVALID
 */
export function readPushed(content: Buffer, contentType: string | undefined): ManifestDocument {
	const type = bareMediaType(contentType) ?? '';
	const parsed = parsePushed(content);
	const declared = typeof parsed.mediaType === 'string' ? parsed.mediaType : '';
	const isOci = type === mediaTypes.ociIndex || type === mediaTypes.ociManifest;
	const wellTyped = declared === type || (declared === '' && isOci);

	if (indexTypes.includes(type) && wellTyped && (!isOci || (!parsed.config && !parsed.layers))) {
		return describe('index', declared, type, parsed);
	}

	if (imageTypes.includes(type) && wellTyped && (!isOci || !parsed.manifests)) {
		return describe('image', declared, type, parsed);
	}

	// Any other type is read as a signed schema 1 manifest, which this is not.
	throw new Refusal({code: 'MANIFEST_INVALID', detail: {}});
}

function describe(
	kind: ManifestDocument['kind'],
	declared: string,
	mediaType: string,
	parsed: Parsed,
): ManifestDocument {
	const listed = kind === 'index' ? [parsed.manifests].flat() : [parsed.config, parsed.layers].flat();
	const references = (listed as (Record<string, unknown> | null | undefined)[])
		.filter(entry => entry !== null && entry !== undefined)
		.map(entry => ({
			digest: String(entry.digest ?? '') as Digest,
			mediaType: String(entry.mediaType ?? ''),
			urls: Array.isArray(entry.urls) ? entry.urls.map(String) : [],
		}));
	return {kind, declared, mediaType, references};
}

function parsePushed(content: Buffer): Parsed {
	try {
		return parseAsGo(content);
	} catch (error) {
		throw new Refusal({code: 'MANIFEST_INVALID', detail: (error instanceof Refusal && error.entries[0]?.detail) || {}});
	}
}

function parseAsGo(content: Buffer): Parsed {
	const text = content.toString('utf8');
	let parsed: unknown;

	try {
		parsed = JSON.parse(text);
	} catch {
		const Offset = syntaxOffset(text);
		const sentence = jsonSentence(text, Offset, isBeginningOfJson(text));
		throw new Refusal({code: 'UNKNOWN', detail: {Offset}, sentence});
	}

	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		throw new Refusal({code: 'UNKNOWN', detail: {}});
	}

	return parsed as Parsed;
}

/** What Go's *json.SyntaxError encodes: how many characters are read until it is clear that this is not JSON. */
function syntaxOffset(text: string): number {
	let [sound, broken] = [0, text.length];

	while (broken - sound > 1) {
		const middle = (sound + broken) >> 1;
		if (isBeginningOfJson(text.slice(0, middle))) {
			sound = middle;
		} else {
			broken = middle;
		}
	}

	return broken;
}

function isBeginningOfJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch (error) {
		const {message} = error as Error;
		const position = /at position (\d+)/.exec(message)?.[1];
		return position === undefined ? /end of JSON/.test(message) : Number(position) >= text.length;
	}
}
