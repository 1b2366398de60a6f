/**
 * Everything the scan runs on a registry's host. All of it only reads: no file is made, not even a temporary one.
 * The root comes as the first line of standard input, so it may hold any character but a newline.
 */

/** Goes to the tree that holds blobs/ and repositories/; $root may be what rootdirectory names, or the tree itself. */
const enter = `LC_ALL=C; export LC_ALL
IFS= read -r root
[ -d "$root" ] || exit 66
cd "$root" || exit 77
if [ -d docker/registry/v2 ]; then cd docker/registry/v2 || exit 77; fi
[ -d repositories ] || [ -d blobs ] || exit 67
low=
if nice -n 19 sh -c : >/dev/null 2>&1; then low='nice -n 19'; fi
`;

export const exits = {noFolder: 66, noTree: 67, noFind: 69, denied: 77} as const;

/**
 * One record for each entry below the tree, ended by NUL: \`type size changed path\`; for a folder its device stands
 * where the size would. Then \`end\` and the exit code of find.
 */
export const listTree = `${enter}
now=$(date +%s.%N 2>/dev/null)
case $now in *[!0-9.]*|*.|'') now=$(date +%s) ;; esac
printf 'now %s\\000' "$now"
if find . -maxdepth 0 -printf '' >/dev/null 2>&1; then
	quiet=
	if find . -maxdepth 0 -ignore_readdir_race >/dev/null 2>&1; then quiet=-ignore_readdir_race; fi
	$low find . $quiet -xdev -path '*/_uploads' ! -path '*/_manifests/tags/_uploads' -prune -o -type d -printf 'd %D %T@ %P\\000' -o -printf '%y %s %T@ %P\\000'
	printf 'end %s\\000' "$?"
elif stat -c %f . >/dev/null 2>&1; then
	printf 'lines \\000'
	$low find . -xdev -path '*/_uploads' ! -path '*/_manifests/tags/_uploads' -prune -o -exec stat -c '%f %d %s %Y %n' {} +
	printf '\\000end %s\\000' "$?"
else
	exit 69
fi
`;

/**
 * The first line after the root counts the links that follow, one path a line; then come paths of blobs.
 * For each link \`=content\` or \`!\` where it could not be opened, ended by NUL: the shell's own read, so no program is
 * started for any of them. Then the blobs as head prints them, each under a line with its path.
 */
export const readFiles = `${enter}
IFS= read -r count
while [ "$count" -gt 0 ]; do
	IFS= read -r file
	content=
	if { IFS= read -r content || [ -n "$content" ] || [ -r "$file" ]; } <"$file"; then
		printf '=%s\\000' "$content"
	else
		printf '!\\000'
	fi
	count=$((count - 1))
done
printf 'blobs\\000'
$low xargs head -c 4194305 /dev/null
printf '\\000end %s\\000' "$?"
`;

/** The path of one blob follows the root. */
export const readBlob = `${enter}
IFS= read -r file
[ -e "$file" ] || exit 66
cat "$file"
`;

/** \`file:line\` for each line of upkeep that speaks of a registry, also in scripts that cron starts and compose files. */
export const findSchedules = `LC_ALL=C; export LC_ALL
IFS= read -r root
words='garbage-collect|delete-untagged|registry'
crontab -l 2>/dev/null | grep -E "$words" | sed 's/^/crontab -l:/'
for file in /etc/crontab /etc/cron.d/* /var/spool/cron/* /var/spool/cron/crontabs/* \\
	/etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/* \\
	/etc/systemd/system/*.timer /etc/systemd/system/*.service; do
	if [ -f "$file" ] && [ -r "$file" ]; then grep -E "$words" /dev/null "$file"; fi
done
{ crontab -l 2>/dev/null; cat /etc/crontab /etc/cron.d/* /var/spool/cron/* /var/spool/cron/crontabs/* 2>/dev/null; } |
	grep -v '^[[:space:]]*#' | tr ' \\t"' '\\n\\n\\n' | grep -E '^/(etc|opt|root|home|srv|usr/local)/[A-Za-z0-9._/-]+$' | sort -u |
	while IFS= read -r file; do
		case $file in /etc/cron*) continue ;; esac
		if [ -f "$file" ] && [ -r "$file" ]; then grep -E 'garbage-collect|delete-untagged' /dev/null "$file"; fi
	done
folder=$root
for level in 1 2 3; do
	case $folder in ''|/|.) break ;; esac
	for file in "$folder"/docker-compose.yml "$folder"/docker-compose.yaml "$folder"/compose.yml "$folder"/compose.yaml; do
		if [ -f "$file" ] && [ -r "$file" ]; then grep -i -E "$words" /dev/null "$file"; fi
	done
	folder=\${folder%/*}
done
exit 0
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
