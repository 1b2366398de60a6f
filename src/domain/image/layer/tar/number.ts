/**
 * A numeric field of a header, in octal or base-256. Beyond 2^53 it is only about right: no archive is that long.
 * @returns undefined: it is no number, or needs more than 64 bits
 * @see go.dev/src/archive/tar/strconv.go, parseNumeric
 */
export function parseNumeric(block: Uint8Array, start: number, length: number): number | undefined {
	return (block[start]! & 0x80) === 0
		? parseOctal(block, start, length)
		: parseBase256(block.subarray(start, start + length));
}

/** Blanks and NULs around it do not count; all blank is 0. */
export function parseOctal(block: Uint8Array, start: number, length: number): number | undefined {
	let at = start;
	let end = start + length;
	while (at < end && isBlank(block[at]!)) {
		at++;
	}

	while (end > at && isBlank(block[end - 1]!)) {
		end--;
	}

	let value = 0;
	for (; at < end && block[at] !== 0; at++) {
		const digit = block[at]! - 0x30;
		if (digit < 0 || digit > 7) {
			return undefined;
		}

		value = value * 8 + digit;
	}

	return value;
}

/** Two's complement, of which the first bit only says that it is one. */
function parseBase256(field: Uint8Array): number | undefined {
	const isNegative = (field[0]! & 0x40) !== 0;
	let value = 0n;
	for (const [at, byte] of field.entries()) {
		const bits = isNegative ? byte ^ 0xff : byte;
		value = (value << 8n) | BigInt(at === 0 ? bits & 0x7f : bits);
	}

	return value >= 1n << 63n ? undefined : Number(isNegative ? -value - 1n : value);
}

/** As Go's strconv.ParseInt of 64 bits. */
export function parseDecimal(text: string): number | undefined {
	if (!/^[+-]?\d+$/.test(text)) {
		return undefined;
	}

	const value = BigInt(text.replace(/^\+/, ''));
	return value >= -(1n << 63n) && value < 1n << 63n ? Number(value) : undefined;
}

function isBlank(byte: number): boolean {
	return byte === 0x20 || byte === 0;
}
