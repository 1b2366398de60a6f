import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
	digestAlgorithm,
	digestHex,
	isDigest,
	isUnsupportedDigest,
	parseDigest,
	shortDigest,
} from '../../../src/domain/image/digest.ts';

const hex = (length: number) =>
	fc.string({unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length});
const digest = fc.oneof(
	hex(64).map(text => `sha256:${text}`),
	hex(128).map(text => `sha512:${text}`),
);

test('every digest is read, and its parts make it up again', () => {
	fc.assert(
		fc.property(digest, text => {
			const parsed = parseDigest(text);
			expect(`${digestAlgorithm(parsed)}:${digestHex(parsed)}`).toBe(text);
			expect(text.startsWith(shortDigest(parsed))).toBe(true);
			expect(shortDigest(parsed)).toHaveLength(19);
		}),
	);
});

test('a digest with anything missing, added or changed is refused', () => {
	fc.assert(
		fc.property(digest, fc.nat(), fc.constantFrom('', 'x', 'A', '\n', ' ', ':', '00'), (text, at, by) => {
			const place = at % (text.length + 1);
			const changed =
				by === '' ? text.slice(0, place) + text.slice(place + 1) : text.slice(0, place) + by + text.slice(place);
			expect(changed !== text && isDigest(changed)).toBe(false);
		}),
	);
});

test('whatever is not a digest is refused with a hint', () => {
	fc.assert(
		fc.property(fc.string(), text => {
			expect(() => parseDigest(text)).toThrow(expect.objectContaining({code: 'digest.malformed', exit: 'usage'}));
		}),
	);
});

test('a digest of another algorithm is not malformed, only unsupported', () => {
	expect(isUnsupportedDigest(`blake3:${'a'.repeat(64)}`)).toBe(true);
	expect(isUnsupportedDigest(`sha256+b64u:${'a'.repeat(43)}`)).toBe(true);
	expect(['sha256:abc', `sha512:${'a'.repeat(64)}`, 'latest', '', 7].some(isUnsupportedDigest)).toBe(false);
});
