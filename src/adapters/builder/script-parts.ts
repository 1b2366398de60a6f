/**
 * What several scripts share. POSIX sh, run by dash, bash and busybox alike.
 *
 * The folder of a build: `order`, `environment` and `images` (never secret), `pid` (of the job, with what tells it from
 * another process of that number), `stage`, `log`, `status` (its last word, moved into place) and `auth` while it runs.
 */
export const buildsFolder = `
set -u
umask 077
builds=\${HOME:?}/.cache/regmedic/builds
say() { printf 'regmedic-builder %s\\n' "$*"; }
`;

export const processIdentity = `
# A process number is used again: its start time and the boot tell who has it.
identity() {
	if [ -r /proc/self/stat ]; then
		# The command's name stands in brackets and may hold anything: state is the first field after it, start time the 20th.
		set -- $(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null)
		case \${1:-Z} in Z | X) return 1 ;; esac
		printf '%s %s' "\${20:-}" "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
	else
		kill -0 "$1" 2>/dev/null || return 1
		ps -o lstart= -p "$1" 2>/dev/null || :
	fi
}
# $1: a file with a process number and its identity
alive() {
	pid=
	[ -r "$1" ] || return 1
	{ IFS= read -r pid && IFS= read -r known; } <"$1" || return 1
	[ -n "$pid" ] && found=$(identity "$pid") && [ "$found" = "$known" ]
}
# The same, or its group goes on without it. A number is not given out again while a group has it.
works() {
	! alive "$1" || return 0
	[ -n "\${pid:-}" ] && ! identity "$pid" >/dev/null && [ "\${known#* }" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] || return 1
	ps -e -o pgid= -o stat= 2>/dev/null | awk -v ours="$pid" '$1 == ours && $2 !~ /^[ZX]/ {found = 1} END {exit !found}'
}
`;
