/**
 * The head of every script: what it runs by name comes only from folders that nobody but root and the login's own user can
 * change. A PATH may hold the working directory, which is the store or a folder of the source of a build, or a folder that
 * another user may write to: that user would choose what root runs.
 *
 * `only_ours FOLDER …` is there for the scripts too: it tells whether only root and this user can change absolute paths without
 * symbolic links, that is, them and every folder above. A sticky folder, such as /tmp, may be above: in it nobody renames what
 * another user owns. A group that may write is root's, or this user's own without other members (Debian's and Fedora's
 * "user private groups"). One `ls` lists all: no temporary file is made, so no here-document is used either.
 */
export const safePath = `only_ours() (
	PATH=/usr/bin:/bin:/run/current-system/sw/bin LC_ALL=C
	export PATH LC_ALL
	unset TIME_STYLE QUOTING_STYLE
	IFS=' '
	ends=:
	for each do
		case $each in /*[!/]) ;; *) exit 1 ;; esac
		case $each in *:* | *'
'*) exit 1 ;; esac
		ends=$ends$each:
	done
	for each do
		each=\${each%/*}
		while [ -n "$each" ]; do set -- "$@" "$each"; each=\${each%/*}; done
	done
	me=$(id -u)
	alone() {
		while IFS=: read -r name secret group members; do
			if [ "$group" = "$me" ] && [ -n "$members" ]; then return 1; fi
		done </etc/group
	}
	ls -ldn / "$@" 2>/dev/null | {
		seen=0
		while read -r mode links owner group size month day time name; do
			case $owner in 0 | "$me") ;; *) exit 1 ;; esac
			sticky=
			case $mode in l*) exit 1 ;; d????????[tT]*) case $ends in *:"$name":*) ;; *) sticky=yes ;; esac ;; esac
			case $mode in ????????w*) [ "$sticky" ] || exit 1 ;; esac
			case $mode in ?????w*) [ "$sticky" ] || [ "$group" = 0 ] || { [ "$group" = "$me" ] && alone; } || exit 1 ;; esac
			seen=$((seen + 1))
		done
		[ "$seen" -gt "$#" ]
	}
)
safe_path() {
	set -f
	IFS=:
	set -- $PATH
	unset IFS
	set +f
	kept=
	for each do
		case $each in /*) ;; *) continue ;; esac
		each=$(cd "$each" 2>/dev/null && pwd -P) || continue
		case $each in /*[!/]) ;; *) continue ;; esac
		case $each: in *:*:*) continue ;; esac
		case $kept: in *:"$each":*) ;; *) kept=$kept:$each ;; esac
	done
	set -f
	IFS=:
	set -- \${kept#:}
	unset IFS
	set +f
	if ! only_ours "$@"; then
		kept=
		for each do if only_ours "$each"; then kept=$kept:$each; fi; done
	fi
	PATH=\${kept#:}
	PATH=\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin}
	export PATH
	unset kept each
}
safe_path
`;
