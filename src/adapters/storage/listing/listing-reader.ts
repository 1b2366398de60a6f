import {readLsLine, readNamed, readStatLine} from './entries.ts';
import {openTree, type Tree} from './tree.ts';

export type TreeReader = {push(chunk: Uint8Array): void /** To be called when all has come. */; tree(): Tree};

/** Reads the output of the script `listTree` as it arrives, whichever of its forms it takes. */
export function openTreeReader(progress: (files: number) => void = () => {}): TreeReader {
	const {tree, entries, finish} = openTree();
	let rest = '';

	return {
		push(chunk) {
			// One character for each byte: names need not be UTF-8.
			const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
			let start = 0;
			for (let end = endOf(text, start); end !== -1; end = endOf(text, start)) {
				read(rest + text.slice(start, end));
				rest = '';
				start = end + 1;
			}

			rest += text.slice(start);
			progress(tree.files);
		},
		tree() {
			finish();
			return tree;
		},
	};

	/** Lines come to their end with a NUL, too. */
	function endOf(text: string, start: number): number {
		const isInLines = tree.form === 'stat' || tree.form === 'ls';
		const line = isInLines && (rest !== '' || text[start] !== '\0') ? text.indexOf('\n', start) : -1;
		return line === -1 ? text.indexOf('\0', start) : line;
	}

	function read(record: string): void {
		if (tree.end !== undefined) {
			tree.malformed++;
		} else if (/^end \d+$/.test(record)) {
			tree.end = Number(record.slice('end '.length));
		} else if (tree.form === 'names') {
			readNamed(record, entries);
		} else if (tree.form === 'stat') {
			readStatLine(record, entries);
		} else if (tree.form === 'ls') {
			readLsLine(record, tree.taken, entries);
		} else if (record.startsWith('now ')) {
			const seconds = Number(record.slice('now '.length));
			// Whole seconds are rounded up, so that nothing written before looks as if it came after.
			tree.taken = Number.isInteger(seconds) ? seconds + 1 : seconds;
		} else if (record === 'names' || record === 'stat' || record === 'ls') {
			tree.form = record;
		} else {
			tree.malformed++;
		}
	}
}
