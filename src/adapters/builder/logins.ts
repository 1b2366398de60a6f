/**
 * Shell functions that log in for one build. The host's own logins stay in force beside it, in a copy: a login into the host's own
 * file would replace one of the host's, even in a keychain. `$folder`, `$program`, `$host`, `$insecure`,
 * `$login`, `$username` and `$password` are set.
 *
 * The copy is made by adding members to the end of the host's JSON. All three programs are written in Go, whose encoding/json takes the
 * later of two equal names and merges objects into a map that it has.
 * @see pkg.go.dev/encoding/json, Unmarshal: "reuses the existing map, keeping existing entries"
 */
export const logins = `
# Prints the members of a JSON object, without its braces. $1: a file
members() {
	text=$(cat "$1" 2>/dev/null) || text=
	text=\${text#"\${text%%[![:space:]]*}"}
	text=\${text%"\${text##*[![:space:]]}"}
	case $text in '{'*'}') ;; *) text='{}' ;; esac
	text=\${text#?}
	text=\${text%?}
	case $text in *[![:space:]]*) printf '%s,' "$text" ;; esac
}
# Where the program looks for logins, one a line; the last counts most.
# @see github.com/containers/image docs/containers-auth.json.5.md
login_files() (
	environment
	docker_config=\${DOCKER_CONFIG:-$HOME/.docker}
	if [ "$program" = docker ]; then
		printf '%s\\n' "$docker_config/config.json"
	elif [ -n "\${REGISTRY_AUTH_FILE:-}" ]; then
		printf '%s\\n' "$REGISTRY_AUTH_FILE"
	else
		printf '%s\\n' "$docker_config/config.json" "\${XDG_CONFIG_HOME:-$HOME/.config}/containers/auth.json"
		if [ -n "\${XDG_RUNTIME_DIR:-}" ]; then
			printf '%s\\n' "$XDG_RUNTIME_DIR/containers/auth.json"
		else
			printf '%s\\n' "/run/containers/$(id -u)/auth.json"
		fi
	fi
)
copy_logins() {
	name=$(printf '%s' "$host" | sed 's/[][\\.*^$/]/\\\\&/g')
	{
		printf '{'
		login_files | while IFS= read -r file; do members "$file"; done
		# The others look first for a login that they have, in further files too, whose helpers may fail: they find x:x.
		# Without a helper of its own, docker would keep this login in the host's keychain.
		# @see github.com/docker/cli cli/config/configfile/file.go, GetCredentialsStore
		entry=
		if [ "$login" = token ]; then entry=$password; elif [ "$program" != docker ]; then entry='{"auth":"eDp4"}'; fi
		[ "$program" != docker ] || printf '"credHelpers":{"%s":""}%s' "$host" "\${entry:+,}"
		[ -z "$entry" ] || printf '"auths":{"%s":%s}' "$host" "$entry"
		printf '}\\n'
	} | sed "s/\\"$name\\"\\([[:space:]]*:[[:space:]]*\\"[^\\"]\\)/\\"regmedic.invalid\\"\\1/" >"$1"
}
log_in_for_build() {
	mkdir -p auth/docker
	if [ "$program" = docker ]; then
		copy_logins auth/docker/config.json
		# The folder also holds docker's contexts, its plug-ins and buildx's builders.
		configured=$(dirname "$(login_files)")
		for each in "$configured"/*; do
			[ ! -e "$each" ] || [ "\${each##*/}" = config.json ] || ln -s "$each" "auth/docker/\${each##*/}"
		done
		logins="DOCKER_CONFIG=$folder/auth/docker"
		[ "$login" = token ] || log_in docker login --username "$username" --password-stdin "$host"
	else
		copy_logins auth/auth.json
		logins="REGISTRY_AUTH_FILE=$folder/auth/auth.json"
		[ "$login" = token ] || log_in "$program" login $insecure --username "$username" --password-stdin "$host"
	fi
	# No program takes an identity token at a login: it stands in the copy.
	password=
}
`;
