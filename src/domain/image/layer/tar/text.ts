/** Bytes as a string of the same length, a character a byte: names in a tar archive have no encoding. */
export function byteText(bytes: Uint8Array): string {
	let text = '';
	for (let at = 0; at < bytes.length; at += 8192) {
		text += String.fromCharCode(...bytes.subarray(at, at + 8192));
	}

	return text;
}

/** A field up to its first NUL. */
export function fieldText(block: Uint8Array, start: number, length: number): string {
	let text = '';
	for (let at = start; at < start + length && block[at] !== 0; at++) {
		text += String.fromCharCode(block[at]!);
	}

	return text;
}

/** For people. */
export function shownName(byteText: string): string {
	const shown = new TextDecoder().decode(Uint8Array.from(byteText, character => character.charCodeAt(0)));
	return shown.length > 120 ? `${shown.slice(0, 60)}…${shown.slice(-59)}` : shown;
}
