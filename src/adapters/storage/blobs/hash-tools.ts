import {enterRoot} from '../store-root.ts';

/** How a script ends where nothing hashes. */
export const noHash = 68;

/**
 * The start of the scripts that hash. The line after the root names the algorithms that are needed; the next is how many KiB a
 * second may be read (0: no limit). Leaves the programs in `sha256` and `sha512`, and in `slice` the bytes that are read
 * between two pauses of a second.
 */
export const chooseTools = `${enterRoot}
IFS= read -r needed
IFS= read -r limit
me=$(exec sh -c 'echo $PPID')
renice -n 19 -p "$me" >/dev/null 2>&1
ionice -c3 -p "$me" >/dev/null 2>&1
first_working() {
	want=$1; shift
	for tool; do
		case $(printf abc | $tool 2>/dev/null) in *"$want"*) echo "$tool"; return 0 ;; esac
	done
	return 1
}
sha256=; sha512=
for algorithm in $needed; do
	case $algorithm in
	sha256) sha256=$(first_working ba7816bf8f01cfea414140de5dae2223 sha256sum 'busybox sha256sum' 'openssl dgst -sha256' 'shasum -a 256') || exit ${noHash} ;;
	sha512) sha512=$(first_working ddaf35a193617abacc417349ae204131 sha512sum 'busybox sha512sum' 'openssl dgst -sha512' 'shasum -a 512') || exit ${noHash} ;;
	esac
done
block=65536
count=1024
if [ "$limit" -ge 64 ]; then
	count=$((limit / 64))
elif [ "$limit" -gt 0 ]; then
	count=1
	block=$((limit * 1024))
fi
slice=$((count * block))
`;
