/**
 * The start of every builder script: where the builds are, and how a script replies. POSIX sh, for dash, bash and busybox.
 *
 * The folder of a build holds `order`, `environment` and `images` (none of them secret), `pid` (the job's number and what
 * tells it from a later process with that number), `stage`, `log`, `status` (the result, moved into place) and, while the
 * job runs, `auth`.
 */
export const buildsFolder = `
set -u
umask 077
builds=\${HOME:?}/.cache/regmedic/builds
say() { printf 'regmedic-builder %s\\n' "$*"; }
# A job is run from this folder, and its login is kept in it.
if at=$(cd "$builds" 2>/dev/null && pwd -P) && ! only_ours "$at"; then
	echo "other users can write to $at, or to a folder above it" >&2
	exit 1
fi
`;

/** Shell functions that tell whether a recorded process still runs. */
export const processIdentity = `
# Process numbers are reused, so a process is known by its number, its start time and the boot.
identity() {
	if [ -r /proc/self/stat ]; then
		# The command's name is in brackets and may hold any text. The first field after it is the state, the 20th the start time.
		set -- $(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null)
		case \${1:-Z} in Z | X) return 1 ;; esac
		printf '%s %s' "\${20:-}" "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
	else
		kill -0 "$1" 2>/dev/null || return 1
		ps -o lstart= -p "$1" 2>/dev/null || :
	fi
}
# Whether the process runs. $1: a file with its number and its identity
alive() {
	pid=
	[ -r "$1" ] || return 1
	{ IFS= read -r pid && IFS= read -r known; } <"$1" || return 1
	[ -n "$pid" ] && found=$(identity "$pid") && [ "$found" = "$known" ]
}
# Whether the process or any other of its group runs. A number is not reused while a group has it.
works() {
	! alive "$1" || return 0
	[ -n "\${pid:-}" ] && ! identity "$pid" >/dev/null && [ "\${known#* }" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] || return 1
	ps -e -o pgid= -o stat= 2>/dev/null | awk -v ours="$pid" '$1 == ours && $2 !~ /^[ZX]/ {found = 1} END {exit !found}'
}
`;
