/**
 * Shell functions that remove what a build left on its host: in the folder of a build that has ended or was killed. Only what its
 * files and its log name is removed, and what something else uses stays.
 *
 * `made`: names of images that were not there before; `retag`: what a name that was pushed named before ("- NAME": nothing);
 * `before`: the ids of docker's images before it; `temporary`: the folder of its programs, which nothing else was told of.
 *
 * A killed buildah or podman leaves a working container, whose name and image say nothing of the build. Its record does: the secret
 * `regmedic-ID`, which only this build is given, and no step uses. The file `mark` is there until the image is built.
 * @see buildah 1.28, `CommonBuildOpts.Secrets` in the buildah.json of a container
 */
export const cleanUp = `
environment() { while IFS= read -r variable; do export "$variable"; done <environment; }
quietly() {
	(
		environment
		if command -v timeout >/dev/null 2>&1; then exec timeout 20 "$@"; else exec "$@"; fi
	) </dev/null >/dev/null 2>&1 9>&-
}
# $1: the id of a build
mark_of() { printf 'regmedic-%s' "$1"; }
store_root() (
	environment
	case $1 in
		podman) format='{{.Store.GraphRoot}}' ;;
		*) format='{{index .store "GraphRoot"}}' ;;
	esac
	if command -v timeout >/dev/null 2>&1; then set -- timeout 20 "$@"; fi
	exec "$@" info --format "$format" </dev/null 2>/dev/null 9>&-
)
remove_containers() {
	[ -f mark ] || return 0
	store=$(store_root "$program") && [ -n "$store" ] || return 0
	mark=$(mark_of "\${PWD##*/}")
	for record in "$store"/*-containers/*/userdata/buildah.json; do
		[ -f "$record" ] && grep -qF '"id='"$mark"',src=' "$record" || continue
		container=\${record%/userdata/buildah.json}
		case $program in
			# It still counts as mounted by the program that was killed.
			podman) quietly podman rm --force "\${container##*/}" ;;
			*) quietly buildah rm "\${container##*/}" ;;
		esac
	done
}
remove_temporary() {
	[ -f temporary ] || return 0
	IFS= read -r given <temporary || given=
	mark=$(mark_of "\${PWD##*/}")
	case $given in
		# Whatever is mounted below it belongs to somebody.
		*/"$mark".*) [ -L "$given" ] || grep -qF " $given/" /proc/self/mounts 2>/dev/null || rm -rf "$given" ;;
	esac
	rm -f temporary
}
backwards() { sed '1!G;h;$!d'; }
clean_up() {
	rm -rf auth source
	remove_temporary
	[ -f made ] || return 0
	program=$(sed -n 5p order)
	[ "$program" = docker ] || remove_containers
	if [ "$program" = docker ]; then
		[ ! -f retag ] || while IFS=' ' read -r before name; do
			if [ "$before" = - ]; then quietly docker rmi "$name"; else quietly docker tag "$before" "$name"; fi
		done <retag
		# Docker's older builder names each container that it starts, and each image between.
		for each in $(sed -n 's/^.*Running in \\([0-9a-f]\\{12\\}\\).*$/\\1/p' log); do quietly docker rm "$each"; done
	fi
	backwards <made >made.backwards
	while IFS= read -r name; do
		case $program in
			docker) quietly docker rmi "$name" ;;
			# A name of a list is no image for podman.
			*) quietly "$program" manifest rm "$name" || quietly "$program" rmi "$name" ;;
		esac
	done <made.backwards
	if [ "$program" = docker ] && [ -f before ]; then
		for each in $(sed -n 's/^ ---> \\([0-9a-f]\\{12\\}\\).*$/\\1/p' log | backwards); do
			grep -q "^$each" before || quietly docker rmi --no-prune "$each"
		done
	fi
	rm -f made made.backwards retag before mark
}
`;
