import {enter} from '../scripts.ts';

export const noHash = 68;

/**
 * Hashes files where they lie. After the root come the algorithms that are needed and how many KiB a second may be read
 * (0: as fast as it goes); then \`algorithm path\`, one a line. Answers, one a line, counted from 1:
 * \`number bytes = words\` with what the hashing program said, \`number 0 gone\`, \`number 0 unread\`.
 *
 * A large file is read in slices with a pause after each, so that it is no faster than the limit. Each slice is answered
 * with a dot: when nobody listens any more, the dot ends the script. A slice that could not be read is answered with
 * \`failed\`, because the pipe loses it; then the file has no hash.
 */
export const hashFiles = `${enter}
IFS= read -r needed
IFS= read -r limit
me=$(exec sh -c 'echo $PPID')
renice -n 19 -p "$me" >/dev/null 2>&1
ionice -c3 -p "$me" >/dev/null 2>&1
first() {
	want=$1; shift
	for tool; do
		case $(printf abc | $tool 2>/dev/null) in *"$want"*) echo "$tool"; return 0 ;; esac
	done
	return 1
}
sha256=; sha512=
for algorithm in $needed; do
	case $algorithm in
	sha256) sha256=$(first ba7816bf8f01cfea414140de5dae2223 sha256sum 'busybox sha256sum' 'openssl dgst -sha256' 'shasum -a 256') || exit ${noHash} ;;
	sha512) sha512=$(first ddaf35a193617abacc417349ae204131 sha512sum 'busybox sha512sum' 'openssl dgst -sha512' 'shasum -a 512') || exit ${noHash} ;;
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
exec 3>&1
pour() {
	left=$1
	while [ "$left" -gt 0 ]; do
		if ! dd bs="$block" count="$count" 2>/dev/null; then echo failed >&3; return; fi
		left=$((left - slice))
		echo . >&3 || return
		if [ "$limit" -gt 0 ]; then sleep 1; fi
	done
}
number=0
debt=0
while read -r algorithm file; do
	number=$((number + 1))
	tool=$sha256
	if [ "$algorithm" = sha512 ]; then tool=$sha512; fi
	listed=$(ls -dln "$file" 2>&1)
	case $listed in
	-*) ;;
	*': No such file or directory') echo "$number 0 gone" || exit 1; continue ;;
	*) echo "$number 0 unread" || exit 1; continue ;;
	esac
	size=$(set -- $listed; echo "$5")
	if [ "$size" -le "$slice" ]; then
		words=$({ $tool; } 2>/dev/null <"$file") || words=
		debt=$((debt + size))
	else
		words=$({ pour "$size" | $tool; } 2>/dev/null <"$file") || words=
	fi
	case $words in
	'') echo "$number 0 unread" || exit 1 ;;
	*) echo "$number $size = $words" || exit 1 ;;
	esac
	if [ "$limit" -gt 0 ]; then
		while [ "$debt" -ge "$slice" ]; do sleep 1; debt=$((debt - slice)); done
	fi
done
`;
