import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ambiguityIn, hasKeyTwice} from '../../../src/domain/image/go-json.ts';
import {parseManifest} from '../../../src/domain/image/manifest.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {tries} from '../../support/sweep.ts';

const a = `{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:${'a'.repeat(64)}","size":1}`;
const b = a.replaceAll('a'.repeat(64), 'b'.repeat(64));
const read = (source: string) => ambiguityIn(source, JSON.parse(source));

describe('a manifest that a client written in Go reads otherwise', () => {
	it.each([
		['the layers in two cases', `{"config":${a},"layers":[${a}],"Layers":[${b}]}`, /"Layers" is "layers"/],
		['the layers in another case only', `{"config":${a},"LAYERS":[${a}]}`, /"LAYERS" is "layers"/],
		['a key twice', `{"config":${a},"layers":[${a}],"layers":[${b}]}`, /twice/],
		['a key twice, once escaped', `{"config":${a},"layers":[${a}],"\\u006cayers":[${b}]}`, /twice/],
		[
			'the digest of a layer in another case',
			`{"config":${a},"layers":[${a.replace('digest', 'Digest')}]}`,
			/"Digest"/,
		],
		['the digest of a layer twice', `{"config":${a},"layers":[${a.replace('{', `{"digest":"sha256:x",`)}]}`, /twice/],
		[
			'a platform in another case',
			`{"manifests":[{"platform":{"OS":"linux","os":"windows"},"digest":"x"}]}`,
			/"OS" is "os"/,
		],
		['the Kelvin sign and the long s', `{"config":${a},"layer\u017F":[${b}]}`, /is "layers"/],
		['a size as a fraction', `{"config":${a},"layers":[${a.replace('"size":1', '"size":1.0')}]}`, /fraction/],
		['a schemaVersion with an exponent', `{"schemaVersion":2e0,"config":${a},"layers":[]}`, /fraction/],
		['twenty thousand brackets', `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)},"manifests":[]}`, /nested/],
	])('is ambiguous: %s', (_, source, reason) => {
		expect(read(source)).toMatch(reason);
		expect(parseManifest(source)).toMatchObject({ok: false, ambiguous: true});
	});

	it.each([
		['annotations whose keys differ by their case', `{"annotations":{"a":"1","A":"2"},"manifests":[]}`],
		['a key of nobody in two cases', `{"note":1,"Note":2,"manifests":[]}`],
		['texts that look like keys', `{"annotations":{"a":"\\"layers\\": [] , \\"layers\\":"},"manifests":[]}`],
		['a name inside what nobody reads', `{"annotations":{},"x":{"layers":1,"Layers":2},"manifests":[]}`],
	])('is not: %s', (_, source) => {
		expect(read(source)).toBeUndefined();
	});
});

it('what a builder writes is never ambiguous, and neither is any JSON that JavaScript writes without these names', () => {
	const {index, manifests} = buildImage({seed: 'plain'});
	for (const {bytes} of [index, ...manifests]) {
		expect(read(bytes.toString('utf8'))).toBeUndefined();
	}

	fc.assert(
		fc.property(
			fc.dictionary(
				fc.string().map(key => `x${key}`),
				fc.jsonValue(),
			),
			fc.constantFrom(undefined, '\t'),
			(value, space) => {
				expect(read(JSON.stringify(value, undefined, space))).toBeUndefined();
			},
		),
		{numRuns: tries(100)},
	);
});

it('an image with layers and without a config cannot be pulled', () => {
	expect(parseManifest(`{"layers":[${a}]}`)).toEqual({ok: false, reason: 'it has no config'});
});

it.each([
	['an annotation that is a number', `{"manifests":[],"annotations":{"a":1}}`],
	['data that is a number', `{"config":${a},"layers":[${a.replace('{', '{"data":1,')}]}`],
	['a schemaVersion in words', `{"schemaVersion":"2","manifests":[]}`],
])('what Go refuses is not a manifest: %s', (_, source) => {
	expect(parseManifest(source)).toMatchObject({ok: false});
});

it('a key that is there twice is seen whatever the texts around it hold, however it is spaced', () => {
	const word = fc.string({
		unit: fc.constantFrom('"', '\\', ':', 'a', '{', '}', ',', ' ', '\n', '\u2028'),
		maxLength: 8,
	});
	const value = fc.oneof(
		word,
		fc.integer(),
		fc.constant(null),
		fc.array(word, {maxLength: 3}),
		fc.dictionary(word, word),
	);
	const space = fc.constantFrom('', ' ', '\n\t', '\r\n');
	fc.assert(
		fc.property(fc.uniqueArray(word, {maxLength: 6}), value, space, fc.boolean(), (keys, held, between, isTwice) => {
			const all = isTwice && keys.length > 0 ? [...keys, keys[0]!] : keys;
			const members = all.map(key => `${JSON.stringify(key)}${between}:${between}${JSON.stringify(held)}`);
			const source = `{${between}${members.join(`${between},`)}${between}}`;
			expect(hasKeyTwice(source, JSON.parse(source))).toBe(isTwice && keys.length > 0);
		}),
		{numRuns: tries(1000)},
	);
});
