import type {TarEntry} from '../tar/entry.ts';

/** Above this the entries of a layer are not kept: some 400,000 of them. Bytes. */
const longestRecord = 8 << 20;

/**
 * Keeps the entries of a layer in order and compactly: each name as what it shares with the one before, and the rest. An entry
 * takes some 15 bytes.
 * Form: the type; how many bytes of the name are shared; the length of the rest and the rest; the length of the link and the link.
 */
export function createRecordWriter() {
	let bytes = new Uint8Array(4096);
	let length = 0;
	let before = '';
	let isTooLong = false;

	function reserve(more: number): void {
		if (length + more > bytes.length) {
			const larger = new Uint8Array(Math.max(2 * bytes.length, length + more));
			larger.set(bytes);
			bytes = larger;
		}
	}

	function addNumber(value: number): void {
		for (let left = value; ; left >>>= 7) {
			bytes[length++] = left < 128 ? left : (left & 127) | 128;
			if (left < 128) {
				return;
			}
		}
	}

	function addText(text: string, start: number): void {
		addNumber(text.length - start);
		for (let at = start; at < text.length; at++) {
			bytes[length++] = text.charCodeAt(at);
		}
	}

	return {
		add({type, name, link}: TarEntry): void {
			isTooLong ||= length + name.length + link.length > longestRecord;
			if (isTooLong) {
				return;
			}

			reserve(name.length + link.length + 16);
			bytes[length++] = type.charCodeAt(0);
			let shared = 0;
			while (shared < name.length && name[shared] === before[shared]) {
				shared++;
			}

			addNumber(shared);
			addText(name, shared);
			addText(link, 0);
			before = name;
		},

		/** @returns undefined: there were too many */
		record: (): Uint8Array | undefined => (isTooLong ? undefined : bytes.slice(0, length)),
	};
}

export function* entriesIn(record: Uint8Array): Generator<TarEntry> {
	let at = 0;
	let before = '';

	function number(): number {
		let value = 0;
		for (let shift = 0; ; shift += 7) {
			const byte = record[at++]!;
			value |= (byte & 127) << shift;
			if (byte < 128) {
				return value;
			}
		}
	}

	function text(): string {
		let read = '';
		for (const end = number() + at; at < end; at++) {
			read += String.fromCharCode(record[at]!);
		}

		return read;
	}

	while (at < record.length) {
		const type = String.fromCharCode(record[at++]!);
		before = before.slice(0, number()) + text();
		yield {type, name: before, link: text()};
	}
}
