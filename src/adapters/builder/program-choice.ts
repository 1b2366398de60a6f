/**
 * Shell functions that choose the program of a build. `$variables`: a file with the order's environment, a variable a line.
 * Descriptor 9 may hold the host's build lock, which no program may inherit.
 */
export const programChoice = `
# Runs a program with the order's environment; a daemon that hangs counts as absent.
with_environment() {
	(
		while IFS= read -r variable; do export "$variable"; done <"$variables"
		if command -v timeout >/dev/null 2>&1; then exec timeout 20 "$@"; else exec "$@"; fi
	) </dev/null 9>&-
}
usable() {
	command -v "$1" >/dev/null 2>&1 || { echo "$1 is not installed"; return 1; }
	case $1 in
		docker) answer=$(with_environment docker version --format '{{.Server.Version}}' 2>&1) ;;
		*) answer=$(with_environment "$1" version 2>&1) ;;
	esac || { echo "$1: $(printf '%s\\n' "$answer" | tail -n 1)"; return 1; }
}
# Sets chosen, which stays empty where none works, and reasons. $1: a program, or auto
choose_program() {
	chosen=
	reasons=
	[ "$1" = auto ] && candidates='docker podman buildah' || candidates=$1
	for candidate in $candidates; do
		if reason=$(usable "$candidate"); then chosen=$candidate; break; fi
		reasons="\${reasons:+$reasons; }$reason"
	done
}
`;
