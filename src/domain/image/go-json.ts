import {isObject} from '../json.ts';
import {foldKey as fold} from './go-fields.ts';

/**
 * What registries and clients, written in Go, may read otherwise than JavaScript: Go's decoder takes a key in any case for
 * the field, and of several the last; other readers take the first, or the exact one.
 * @see go.dev/pkg/encoding/json, Unmarshal: "preferring exact matches but also accepting case-insensitive matches"
 */

const keysOfManifest = [
	'schemaVersion',
	'mediaType',
	'artifactType',
	'manifests',
	'config',
	'layers',
	'blobs',
	'subject',
	'annotations',
];
const keysOfDescriptor = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'];
const keysOfPlatform = ['architecture', 'os', 'os.version', 'os.features', 'variant', 'features'];

const folded = (keys: readonly string[]) => ({
	exact: new Set(keys),
	byFold: new Map(keys.map(key => [fold(key), key])),
});
const fields = {
	manifest: folded(keysOfManifest),
	descriptor: folded(keysOfDescriptor),
	platform: folded(keysOfPlatform),
};

/** In a text, the quotation mark after the name would have a backslash before it. */
const fraction = /"(?:size|schemaVersion)"\s*:\s*-?\d+(?:\.|[eE](?!\+\d{3}))/;
/** @see go.dev/src/encoding/json/scanner.go, maxNestingDepth */
const deepest = 10_000;

/**
 * Why clients may read another manifest than this one; undefined: they read the same.
 * @param json what JavaScript reads in it
 */
export function ambiguityIn(source: string, json: unknown): string | undefined {
	if (fraction.test(source)) {
		return 'a size in it is written as a fraction, which Go refuses for a whole number';
	}

	if (source.length > 2 * deepest && depthOf(source) > deepest) {
		return `it is nested more than ${deepest} deep, which Go refuses`;
	}

	return hasKeyTwice(source, json) ? 'a key is in it twice' : caseIn(json, 'manifest');
}

/** Of a key that is there twice, Go merges the values and others take one. @param json what JavaScript reads in it */
export function hasKeyTwice(source: string, json: unknown): boolean {
	return keysWritten(source) > keysRead(json);
}

/** How deep it is nested; brackets in texts do not count. */
function depthOf(source: string): number {
	let depth = 0;
	let most = 0;
	for (const [token] of source.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
		depth += token === '[' || token === '{' ? 1 : token === ']' || token === '}' ? -1 : 0;
		most = Math.max(most, depth);
	}

	return most;
}

/** A string before a colon is a key. One string is read after the other, so none is begun in its middle. */
function keysWritten(source: string): number {
	let keys = 0;
	for (let start = source.indexOf('"'); start !== -1; ) {
		let end = source.indexOf('"', start + 1);
		while (end !== -1 && isEscaped(source, end)) {
			end = source.indexOf('"', end + 1);
		}

		if (end === -1) {
			break;
		}

		let after = end + 1;
		while (isSpace(source.charCodeAt(after))) {
			after++;
		}

		keys += source[after] === ':' ? 1 : 0;
		start = source.indexOf('"', after);
	}

	return keys;
}

/** Whether an odd number of backslashes is before it. */
function isEscaped(source: string, at: number): boolean {
	let before = at - 1;
	while (source[before] === '\\') {
		before--;
	}

	return (at - before) % 2 === 0;
}

/** @see RFC 8259, section 2: nothing else may stand between a key and its colon */
function isSpace(code: number): boolean {
	return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Not by recursion: a document may be nested as deep as it is long. */
function keysRead(json: unknown): number {
	const left = [json];
	let keys = 0;
	for (let value = left.pop(); value !== undefined; value = left.pop()) {
		if (typeof value === 'object' && value !== null) {
			const values = Object.values(value);
			keys += Array.isArray(value) ? 0 : values.length;
			for (const each of values) {
				left.push(each);
			}
		}
	}

	return keys;
}

type Place = keyof typeof fields;

/** Which keys of a place hold another place, or a list of it. */
const below: Record<Place, Record<string, Place>> = {
	manifest: {
		manifests: 'descriptor',
		config: 'descriptor',
		layers: 'descriptor',
		blobs: 'descriptor',
		subject: 'descriptor',
	},
	descriptor: {platform: 'platform'},
	platform: {},
};

function caseIn(json: unknown, place: Place): string | undefined {
	for (const item of Array.isArray(json) ? json : [json]) {
		const found = isObject(item) ? caseOf(item, place) : undefined;
		if (found !== undefined) {
			return found;
		}
	}

	return undefined;
}

function caseOf(json: object, place: Place): string | undefined {
	const {exact, byFold} = fields[place];
	for (const [key, value] of Object.entries(json)) {
		const field = exact.has(key) ? key : byFold.get(fold(key));
		if (field !== undefined && field !== key) {
			return `its key "${key}" is "${field}" for some of them`;
		}

		const inside = Object.hasOwn(below[place], key) ? below[place][key] : undefined;
		const found = inside === undefined ? undefined : caseIn(value, inside);
		if (found !== undefined) {
			return found;
		}
	}

	return undefined;
}
