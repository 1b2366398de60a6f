/**
 * Shell functions of the job that build and push. The image has a name of its own on the host, `localhost/regmedic:ID`, so that no name
 * of the host's changes, and so that it can be removed again. Several platforms are built one after the other, and put into a list; with
 * docker buildx does both.
 */
export const buildAndPush = `
own=localhost/regmedic:\${folder##*/}
count_of() { grep -c '' "$1" || :; }
has_help() { ( environment; exec "$@" --help ) </dev/null 2>&1 9>&- | grep -q -e "$flag"; }
is_here() {
	case $program in
		docker) quietly docker image inspect "$1" ;;
		podman) quietly podman image exists "$1" ;;
		*) quietly buildah inspect --type image "$1" ;;
	esac
}
# What a base image was, for the record. $1: its name
digest_of() (
	environment
	case $program in
		docker) docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n 's/^.*@//p' | head -n 1 ;;
		podman) podman image inspect --format '{{.Digest}}' "$1" ;;
		*) buildah inspect --type image --format '{{.FromImageDigest}}' "$1" ;;
	esac
) 2>/dev/null 9>&-
note_bases() {
	while IFS= read -r name; do
		digest=$(digest_of "$name")
		[ -z "$digest" ] || printf 'base %s %s\\n' "$name" "$digest" >>based
	done <bases
}
# $1: the name of the image; $2: the platform, which may be empty
build_one() {
	printf '%s\\n' "$1" >>made
	set -- -t "$1" \${2:+--platform "$2"} -f "$dockerfile"
	while IFS= read -r value; do set -- "$@" --build-arg "$value"; done <args
	while IFS= read -r value; do set -- "$@" --secret "id=\${value%%=*},src=\${value#*=}"; done <secrets
	case $program in
		docker) must docker build --pull --force-rm "$@" "$context" ;;
		*)
			# Before 2022 their --pull knew no "always".
			flag=--pull-always
			verb=build
			[ "$program" != buildah ] || verb=bud
			has_help "$program" "$verb" || flag=--pull=always
			if [ -n "$marks" ]; then set -- "$@" --secret "$marks"; fi
			# Without --layers no image between stays on the host.
			must "$program" $verb $base $flag --layers=false --force-rm "$@" "$context"
			;;
	esac
	note_bases
}
with_buildx() {
	set -- --platform "$(paste -s -d , platforms)" -f "$dockerfile" "$@"
	while IFS= read -r value; do set -- "$@" --build-arg "$value"; done <args
	while IFS= read -r value; do set -- "$@" --secret "id=\${value%%=*},src=\${value#*=}"; done <secrets
	must docker buildx build "$@" "$context"
}
# What a killed program leaves must be told from what belongs to somebody else.
leave_marks() {
	marks=
	[ "$program" != docker ] || return 0
	verb=build
	[ "$program" != buildah ] || verb=bud
	flag=--secret
	if has_help "$program" "$verb"; then
		printf '%s\\n' "\${folder##*/}" >mark
		marks=id=$(mark_of "\${folder##*/}"),src=$folder/mark
	fi
	temporary=$(environment; printf '%s' "\${TMPDIR:-/var/tmp}")/$(mark_of "\${folder##*/}").$$
	printf '%s\\n' "$temporary" >temporary
	mkdir -m 700 "$temporary" 2>/dev/null || { rm -f temporary; temporary=; }
}
build_all() {
	: >made
	: >based
	leave_marks
	while IFS= read -r name; do is_here "$name" || printf '%s\\n' "$name" >>made; done <bases
	[ "$program" != docker ] || ( environment; exec docker images --all --quiet ) >before 2>/dev/null 9>&- </dev/null
	several=$(count_of platforms)
	if [ "$several" -le 1 ]; then
		build_one "$own" "$(cat platforms)"
	elif [ "$program" = docker ]; then
		# It stays in the builder's cache, from which it is pushed.
		with_buildx --pull
	else
		at=0
		while IFS= read -r platform <&8; do
			at=$((at + 1))
			echo "==== $platform"
			build_one "$own-$at" "$platform"
		done 8<platforms
		printf '%s\\n' "$own" >>made
		must "$program" manifest create "$own"
		while [ "$at" -gt 0 ]; do
			must "$program" manifest add "$own" "containers-storage:$own-$(($several - $at + 1))"
			at=$((at - 1))
		done
	fi
	# Its containers are gone.
	rm -f mark
}
push_all() {
	if [ "$program" = docker ] && [ "$several" -gt 1 ]; then
		http=
		[ "$transport" != plain ] || http=,registry.insecure=true
		with_buildx --metadata-file "$folder/metadata" --output "type=image,\\"name=$(paste -s -d , images)\\",push=true$http"
		sed -n 's/.*"containerimage.digest": *"\\(sha256:[0-9a-f]\\{64\\}\\)".*/\\1/p' metadata >digest
		return
	fi
	while IFS= read -r image <&8; do
		if [ "$program" = docker ]; then
			was=$( ( environment; exec docker image inspect --format '{{.Id}}' "$image" ) 2>/dev/null 9>&- </dev/null) || was=-
			printf '%s %s\\n' "\${was:--}" "$image" >>retag
			must docker tag "$own" "$image"
			must docker push "$image"
		elif [ "$several" -gt 1 ]; then
			must "$program" manifest push --all $insecure --digestfile "$folder/digest" "$own" "docker://$image"
		else
			must "$program" push $insecure --digestfile "$folder/digest" "$own" "docker://$image"
		fi
	done 8<images
}
`;
