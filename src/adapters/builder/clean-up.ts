/**
 * A shell function that removes what a build left on its host: in the folder of a build that has ended or was killed. Only what its
 * files and its log name is removed, and nothing by force: what something else uses stays.
 *
 * `made`: names of images that were not there before; `retag`: what a name that was pushed named before ("- NAME": nothing);
 * `before`: the ids of docker's images before it.
 */
export const cleanUp = `
environment() { while IFS= read -r variable; do export "$variable"; done <environment; }
quietly() {
	(
		environment
		if command -v timeout >/dev/null 2>&1; then exec timeout 20 "$@"; else exec "$@"; fi
	) </dev/null >/dev/null 2>&1 9>&-
}
backwards() { sed '1!G;h;$!d'; }
clean_up() {
	rm -rf auth source
	[ -f made ] || return 0
	program=$(sed -n 5p order)
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
	rm -f made made.backwards retag before
}
`;
