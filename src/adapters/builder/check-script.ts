import {buildsFolder} from './build-folder.ts';
import {programChoice} from './program-choice.ts';
import {leastFreeKiB} from './start-script.ts';

const cloneSeconds = 60;

/**
 * Does what a build does before it builds: chooses the program and clones the source, but without its files and into a
 * temporary folder, which is removed. Standard input, a line each: git, branch, the folder of the context, two paths where the
 * Dockerfile may be, the program, the number of variables, and those. Replies with lines of one word, a state and a detail.
 */
export const checkScript = `
${buildsFolder}
${programChoice}
for name in git branch context first second program count; do
	IFS= read -r value || exit 1
	eval "$name=\\$value"
done
temporary=$(mktemp -d "\${TMPDIR:-/tmp}/regmedic-check.XXXXXX") || exit 1
trap 'rm -rf "$temporary"' EXIT
trap 'exit 143' HUP INT TERM
cd "$temporary" || exit 1
variables=$temporary/environment
: >"$variables"
while [ "$count" -gt 0 ]; do
	IFS= read -r value || exit 1
	printf '%s\\n' "$value" >>"$variables"
	count=$((count - 1))
done
exec </dev/null
say checked

choose_program "$program"
if [ -n "$chosen" ]; then echo "program works $chosen"; else echo "program none $reasons"; fi
folder=$builds
while [ ! -d "$folder" ] && [ "$folder" != / ]; do folder=$(dirname "$folder"); done
if [ ! -w "$folder" ]; then echo "space unwritable $folder"; fi
set -- $(df -Pk "$folder" | tail -n 1)
case \${4:-} in
	'' | *[!0-9]*) ;;
	*) [ "$4" -ge ${leastFreeKiB} ] || echo "space low $(($4 / 1024)) $folder" ;;
esac

if ! command -v git >/dev/null 2>&1; then
	echo 'source unreadable git is not installed'
	exit 0
fi
# As in a build: no person is there to answer a prompt.
export GIT_TERMINAL_PROMPT=0 SSH_ASKPASS_REQUIRE=never GIT_LITERAL_PATHSPECS=1
limited() {
	(
		while IFS= read -r variable; do export "$variable"; done <"$variables"
		seconds=$1
		shift
		if command -v timeout >/dev/null 2>&1; then exec timeout "$seconds" "$@"; else exec "$@"; fi
	) </dev/null 2>"$temporary/errors"
}
reason() {
	# Git says what failed first in a line "fatal:", and adds advice after it.
	line=$(grep -E '^(fatal|error):|[Pp]ermission denied|Host key verification failed' "$temporary/errors" | head -n 1)
	printf '%s' "\${line:-$(tail -n 1 "$temporary/errors")}"
}
# Without the files' contents, where this git can: the names are enough.
filter=
if git clone -h 2>&1 | grep -q -e --filter; then filter=--filter=blob:none; fi
limited ${cloneSeconds} git -c http.lowSpeedLimit=1 -c http.lowSpeedTime=60 clone --quiet --depth 1 --no-checkout $filter \${branch:+"--branch=$branch"} -- "$git" source >/dev/null
code=$?
if [ "$code" -eq 124 ] || [ "$code" -eq 143 ]; then
	if limited 20 git ls-remote --exit-code -- "$git" "\${branch:-HEAD}" >/dev/null; then
		echo 'source late the clone did not end in ${cloneSeconds} s; git ls-remote worked'
	else
		echo 'source unreadable git did not end in ${cloneSeconds} s'
	fi
	exit 0
elif [ "$code" -ne 0 ]; then
	echo "source unreadable $(reason)"
	exit 0
fi
if ! commit=$(git -C source rev-parse HEAD 2>/dev/null); then
	echo 'source unreadable it has no commit'
	exit 0
fi
echo "source read $commit"
# $1: a path in the source. Prints its mode: 040000 is a folder, 120000 a symbolic link.
mode() { limited 20 git -C source ls-tree HEAD -- "$1" | head -n 1 | cut -d ' ' -f 1; }
if [ "$context" != . ]; then
	case $(mode "$context") in
		040000) ;;
		120000) echo "dockerfile link $context"; exit 0 ;;
		*) echo 'context absent -'; exit 0 ;;
	esac
fi
for path in "$first" "$second"; do
	case $(mode "$path") in
		100*) echo "dockerfile there $path"; exit 0 ;;
		120000) echo "dockerfile link $path"; exit 0 ;;
	esac
done
echo "dockerfile absent $first"
`;
