import {type Digest, digestHex} from '../../../domain/image/digest.ts';
import type {HashAnswer} from '../../../engine/ports/storage.ts';
import {chooseTools} from './hash-tools.ts';
import {blobFile} from './read-blob.ts';

/**
 * Hashes some of the files, which are its arguments: those of at most `small` bytes, many by one process. A path is made of a digest, so
 * nothing in it needs quotes. Prints what `ls` says of each file, then what the hashing program says. Where all are small,
 * no path is copied: a shell is slow at long texts.
 *
 * What is left of a second's bytes is waited for at the end, in fractions where `sleep` knows them: the next group does not
 * know of it.
 */
const hashGroup = `newline="
"
size_of() { size=$5; }
rest() {
	if [ "$limit" -gt 0 ]; then
		while [ "$debt" -ge "$slice" ]; do sleep 1; debt=$((debt - slice)); done
	fi
}
listed=$(ls -dlnL "$@" 2>/dev/null)
echo "$listed" || exit 255
debt=0
few=yes
IFS=$newline
for line in $listed; do
	IFS=" "
	case $line in
	-*) size_of $line ;;
	*) size=0 few= ;;
	esac
	if [ "$size" -gt "$small" ]; then size=0 few=; fi
	debt=$((debt + size))
done
if [ "$few" ] && [ "$debt" -le "$slice" ]; then
	$tool "$@" 2>/dev/null
else
	paths= sum=0 debt=0
	IFS=$newline
	for line in $listed; do
		IFS=" "
		case $line in -*) size_of $line ;; *) continue ;; esac
		if [ "$size" -gt "$small" ]; then continue; fi
		paths="$paths \${line##* }" sum=$((sum + size)) debt=$((debt + size))
		if [ "$sum" -ge "$slice" ]; then
			$tool $paths 2>/dev/null
			echo || exit 255
			rest
			paths= sum=0
		fi
	done
	if [ "$paths" ]; then $tool $paths 2>/dev/null; fi
fi
rest
if [ "$limit" -gt 0 ] && [ "$debt" -gt 0 ]; then
	sleep "0.$(printf %02d $((debt * 100 / slice)))" 2>/dev/null || sleep 1
fi
exit 0`;

/**
 * Hashes small files on the host by groups: a process for each takes longer than its bytes. After the lines of `chooseTools`, which
 * name one algorithm, come paths. Of files that are large, gone or unreadable nothing is said, and nothing where there is no xargs.
 */
export const hashGroups = `${chooseTools}
command -v xargs >/dev/null 2>&1 || exit 0
small=1048576
if [ "$slice" -lt "$small" ]; then small=$slice; fi
tool=$sha256$sha512
export tool limit slice small
xargs -n 500 sh -c '${hashGroup}' sh
exit 0
`;

/** As `ls -ln` prints a file. */
const sizeLine = /^-\S+ +\d+ +\d+ +\d+ +(\d+) .* (\.\/\S+)$/;
/** coreutils, busybox and shasum print `hex  path`; openssl prints `SHA2-256(path)= hex`. */
const hashLines = [/^(?<hex>[0-9a-f]+) [ *](?<file>\.\/\S+)$/, /^[A-Z0-9-]+\((?<file>\.\/\S+)\)= (?<hex>[0-9a-f]+)$/];

/**
 * Reads the output of `hashGroups`. It answers only for blobs that are right: any other may have been gone or have changed
 * meanwhile, and is looked at alone. A line without its end is not an answer.
 */
export function openGroupReader(
	asked: readonly Digest[],
	onAnswer: (answer: HashAnswer) => void,
): (chunk: Uint8Array) => void {
	const digests = new Map(asked.map(digest => [blobFile(digest), digest]));
	const sizes = new Map<string, number>();
	let rest = '';

	return chunk => {
		const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
		rest = lines.pop()!;
		for (const line of lines) {
			const [, size, listed] = sizeLine.exec(line) ?? [];
			if (listed !== undefined) {
				sizes.set(listed, Number(size));
				continue;
			}

			const {hex, file = ''} = hashLines.map(each => each.exec(line)?.groups).find(Boolean) ?? {};
			const [digest, bytes] = [digests.get(file), sizes.get(file)];
			sizes.delete(file);
			if (digest !== undefined && bytes !== undefined && hex === digestHex(digest)) {
				onAnswer({digest, state: 'same', bytes});
			}
		}
	};
}
