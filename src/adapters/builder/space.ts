/** With less where the images go, a build fails later and less clearly. */
const imagesKiB = 1024 * 1024;

/** For the source and the log. */
const sourceKiB = 64 * 1024;

/**
 * A shell function that prints "MEBIBYTES NEEDED FOLDER" where the host has too little room for a build: where the chosen program keeps
 * its images, and where the source is cloned. A folder that is not on this host, as of a docker server elsewhere, is not asked.
 * `$chosen`: the program; `$builds`: the folder of the builds, or one above it.
 */
export const space = `
image_root() {
	case $chosen in
		docker) with_environment docker info --format '{{.DockerRootDir}}' ;;
		podman) with_environment podman info --format '{{.Store.GraphRoot}}' ;;
		*) with_environment buildah info --format '{{index .store "GraphRoot"}}' ;;
	esac 2>/dev/null | tail -n 1
}
# $1: a folder; $2: KiB that are needed
lacks_space() {
	set -- "$1" "$2" $(df -Pk "$1" 2>/dev/null | tail -n 1)
	case \${6:-} in
		'' | *[!0-9]*) return 1 ;;
		*) [ "$6" -lt "$2" ] || return 1 ;;
	esac
	printf '%s %s %s\\n' "$(($6 / 1024))" "$(($2 / 1024))" "$1"
}
short_of_space() {
	lacks_space "$1" ${sourceKiB} && return
	root=$(image_root)
	case $root in
		/*)
			# An empty store may not be there yet. Of another's folder, df needs no more than the way to it.
			while [ ! -e "$root" ] && [ "$root" != / ] && [ -r "$(dirname "$root")" ]; do root=$(dirname "$root"); done
			lacks_space "$root" ${imagesKiB}
			;;
		*) return 1 ;;
	esac
}
`;
