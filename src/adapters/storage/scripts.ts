/**
 * Everything the scan runs on a registry's host. All of it only reads: no file is made, not even a temporary one.
 * The root comes as the first line of standard input, so it may hold any character but a newline.
 */

/** Goes to the tree that holds blobs/ and repositories/; $root may be what rootdirectory names, or the tree itself. */
export const enter = `LC_ALL=C; export LC_ALL
IFS= read -r root
[ -d "$root" ] || exit 66
cd "$root" || exit 77
if [ -d docker/registry/v2 ]; then cd docker/registry/v2 || exit 77; fi
[ -d repositories ] || [ -d blobs ] || exit 67
low=
if nice -n 19 sh -c : >/dev/null 2>&1; then low='nice -n 19'; fi
`;

export const exits = {noFolder: 66, noTree: 67, noFind: 69, denied: 77} as const;

/** The path of one blob follows the root. */
export const readBlob = `${enter}
IFS= read -r file
[ -e "$file" ] || exit 66
cat "$file"
`;

/**
 * Holds the store for one incident as long as standard input stays open, that is, as long as the connection lives.
 * The lock is in /tmp, outside the store, under a name made of the store's own path, and the same for every user.
 * Where there is no flock, a folder stands for the lock: one left behind by a killed host must be removed by hand.
 * First line of input: the root; second: who holds it.
 */
export const holdLock = `LC_ALL=C; export LC_ALL
IFS= read -r root
IFS= read -r holder
[ -d "$root" ] || exit 66
cd "$root" || exit 77
if [ -d docker/registry/v2 ]; then cd docker/registry/v2 || exit 77; fi
name=/tmp/regmedic-$(pwd -P | cksum | tr ' ' -)
if command -v flock >/dev/null 2>&1; then
	file=$name.lock
	(umask 022; set -C; : >"$file") 2>/dev/null
	if [ -L "$file" ] || [ ! -f "$file" ]; then exit 70; fi
	exec 9<"$file"
	if ! flock -n 9; then cat "$file"; exit 75; fi
	(printf '%s\\n' "$holder" >"$file") 2>/dev/null
	printf 'held\\n'
	cat >/dev/null
else
	file=$name.lock.d
	if ! (umask 022; mkdir "$file") 2>/dev/null; then cat "$file/holder" 2>/dev/null; exit 76; fi
	printf '%s\\n' "$holder" >"$file/holder"
	trap 'rm -f "$file/holder"; rmdir "$file"' EXIT
	printf 'held\\n'
	cat >/dev/null
fi
`;
