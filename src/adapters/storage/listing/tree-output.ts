import type {StoredBlob} from '../../../domain/storage/listing/listing.ts';
import {enterRoot, rootExits} from '../store-root.ts';
import {chooseForm, readLsLine, readNamed, readStatLine} from './entries.ts';
import {type Form, openTree, type Tree} from './tree.ts';

/**
 * Lists a part of the tree, in the best form the host can print. The line after the root names the part: `blobs`, or `rest` for
 * all but that. Both list the root itself and see the same file system as its own. The output is:
 * - `now` and the host's time;
 * - the name of the form of the entries, `names`, `stat` or `ls`, and the entries;
 * - `end` and the exit code of find; without it the listing was cut.
 *
 * `names`: records ended by NUL, `type size changed depth name`; a folder has its device in place of the size.
 * find visits a folder before its entries, so depth and name give the path in half its length.
 * `stat` and `ls`: lines. A name with a character that no registry writes is not listed, only counted (`out`), so the
 * names that are left cannot break or forge a line. ls prints minutes at best and no devices. It would print the target
 * of a symbolic link, which may hold any character, so links are listed without it.
 */
export const listTree = `${enterRoot}
IFS= read -r part
case $part in
blobs) set -- ! -name . ! -path './*/*' ! -name blobs -prune -o ;;
*) set -- -path ./blobs -prune -o ;;
esac
${chooseForm}
[ "$form" ] || exit ${rootExits.noFind}
printf 'now %s\\000%s\\000' "$now" "$form"
odd='*[!A-Za-z0-9._-]*'
each='for name; do echo out; done'
case $form in
names)
	quiet=
	if find . -maxdepth 0 -ignore_readdir_race >/dev/null 2>&1; then quiet=-ignore_readdir_race; fi
	$low find . $quiet -xdev "$@" -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -type d -printf 'd %D %T@ %d %f\\000' -o -printf '%y %s %T@ %d %f\\000'
	code=$?
	;;
stat)
	$low find . -xdev "$@" -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -name "$odd" -prune -exec sh -c "$each" sh {} + -o -exec stat -c '%f %d %s %Y %n' {} +
	code=$?
	printf '\\000'
	;;
ls)
	$low find . "$@" -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -name "$odd" -prune -exec sh -c "$each" sh {} + -o -type l -exec sh -c 'for name; do echo "l $name"; done' sh {} + -o -exec ls -dln {} +
	code=$?
	printf '\\000'
	;;
esac
printf 'end %s\\000' "$code"
`;

/** Listed at once by two commands: a host with two cores, or with a disk far away, answers nearly twice as fast. */
export const partsOfTree = ['rest', 'blobs'] as const;

type TreeReader = {
	/** Reads the output of one command. */
	part(): (chunk: Uint8Array) => void;
	/** To be called when all output has arrived. */
	tree(): Tree;
	/** Adds a file to the tree, which a symbolic link led to. */
	put(path: string, file: StoredBlob): void;
};

/** Reads the output of `listTree` as it arrives. @param progress called with the number of entries so far */
export function openTreeReader(progress: (files: number) => void = () => {}): TreeReader {
	const {tree, open} = openTree();
	const parts: Part[] = [];

	return {
		part() {
			const part = openPart(open(), () => void tree.malformed++);
			parts.push(part);
			return chunk => {
				part.push(chunk);
				progress(tree.files);
			};
		},
		tree() {
			const heads = parts.map(part => part.finish());
			// What is newer than the beginning of the first may be missing from that one.
			tree.taken = Math.min(...heads.map(({taken}) => taken));
			tree.form = heads.find(({form}) => form === 'ls')?.form ?? heads[0]?.form;
			tree.ends = heads.map(({end}) => end);
			return tree;
		},
		put(path, {size, changed}) {
			const {entries, finish} = open();
			entries.located({type: 'f', size, device: undefined, changed, path});
			finish();
		},
	};
}

/** What stands around the entries of a part. */
type Frame = {taken: number; form: Form | undefined; end: number | undefined};

type Part = {push(chunk: Uint8Array): void; finish(): Frame};

function openPart({entries, finish}: ReturnType<ReturnType<typeof openTree>['open']>, malformed: () => void): Part {
	const frame: Frame = {taken: Number.NaN, form: undefined, end: undefined};
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
		},
		finish() {
			finish();
			return frame;
		},
	};

	/** In the forms of lines, a NUL ends the entries. */
	function endOf(text: string, start: number): number {
		const isInLines = frame.form === 'stat' || frame.form === 'ls';
		const line = isInLines && (rest !== '' || text[start] !== '\0') ? text.indexOf('\n', start) : -1;
		return line === -1 ? text.indexOf('\0', start) : line;
	}

	function read(record: string): void {
		if (frame.end !== undefined) {
			malformed();
		} else if (/^end \d+$/.test(record)) {
			frame.end = Number(record.slice('end '.length));
		} else if (frame.form === 'names') {
			readNamed(record, entries);
		} else if (frame.form === 'stat') {
			readStatLine(record, entries);
		} else if (frame.form === 'ls') {
			readLsLine(record, frame.taken, entries);
		} else if (record.startsWith('now ')) {
			const seconds = Number(record.slice('now '.length));
			// Whole seconds are rounded up, so that nothing written before the listing seems to come after it.
			frame.taken = Number.isInteger(seconds) ? seconds + 1 : seconds;
		} else if (record === 'names' || record === 'stat' || record === 'ls') {
			frame.form = record;
		} else {
			malformed();
		}
	}
}
