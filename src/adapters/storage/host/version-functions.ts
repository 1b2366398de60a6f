/**
 * Shell functions that learn the version of a registry without running what another user chose. They use `only_ours`, and
 * `$quick`, which limits the time of a program.
 */
export const versionFunctions = `# The version of a process's executable. A command line says nothing about it: any user writes what they like there, and may
# start any program of the system under the name of a registry. So only a program that is called so, and that nobody but root
# and this user could have put there, is run; of any other the package that owns the file is asked.
version_of() {
	if only_ours "$1"; then
		case \${1##*/} in registry | docker-registry | distribution) $quick "$1" --version 2>/dev/null </dev/null && return ;; esac
	fi
	# dpkg-query takes patterns.
	case $1 in *[!A-Za-z0-9._/+-]*) return ;; esac
	if package=$($quick dpkg-query -S "$1" 2>/dev/null </dev/null); then
		$quick dpkg-query -W -f '\${Package} \${Version}\\n' "\${package%%[:,]*}" 2>/dev/null </dev/null
	else
		$quick rpm -qf --qf '%{NAME} %{VERSION}\\n' "$1" 2>/dev/null </dev/null || $quick apk info -W "$1" 2>/dev/null </dev/null
	fi
}
# The version of a container's image: the label of an image that says it is distribution (the labels of a base image are
# inherited), else the major version, from the configuration that the CMD of the official images names.
# @see distribution/distribution .github/workflows/build.yml (docker/metadata-action), distribution-library-image Dockerfile
# $1: the engine; $2: the container
version_of_image() {
	labels=$($quick "$1" inspect --format '{{with .Config.Labels}}{{index . "org.opencontainers.image.source"}} {{index . "org.opencontainers.image.version"}}{{end}}' "$2" 2>/dev/null </dev/null | head -n 1 | head -c 200)
	case $labels in
	https://github.com/distribution/distribution*' '?*) printf 'label %s' "\${labels##* }"; return ;;
	esac
	made=$($quick "$1" inspect --format '{{.Image}}' "$2" 2>/dev/null </dev/null | head -n 1)
	case $($quick "$1" image inspect --format '{{join .Config.Cmd " "}}' "$made" 2>/dev/null </dev/null) in
	*/etc/distribution/config.yml) printf 'image 3.x' ;;
	*/etc/docker/registry/config.yml) printf 'image 2.x' ;;
	esac
}
`;
