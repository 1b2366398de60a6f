import {buildsFolder} from './build-folder.ts';
import {programChoice} from './program-choice.ts';
import {sourceReading} from './source-script.ts';
import {space} from './space.ts';

const cloneSeconds = 60;

/** The start of the check, and of a reading of the Dockerfile: what is on standard input, and a temporary folder, which is removed. */
export const sourcePreamble = `
${buildsFolder}
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
`;

/**
 * Does what a build does before it builds: chooses the program and clones the source, but without its files and into a
 * temporary folder, which is removed. Standard input, a line each: git, branch, the folder of the context, two paths where the
 * Dockerfile may be, the program, the number of variables, and those. Replies with lines of one word, a state and a detail.
 */
export const checkScript = `
${sourcePreamble}
${programChoice}
${space}
exec </dev/null
say checked

choose_program "$program"
if [ -n "$chosen" ]; then echo "program works $chosen"; else echo "program none $reasons"; fi
folder=$builds
while [ ! -d "$folder" ] && [ "$folder" != / ]; do folder=$(dirname "$folder"); done
if [ ! -w "$folder" ]; then echo "space unwritable $folder"; fi
if [ -n "$chosen" ]; then
	found=$(short_of_space "$folder") && echo "space low $found"
else
	found=$(lacks_space "$folder" 1) && echo "space low $found"
fi

if ! command -v git >/dev/null 2>&1; then
	echo 'source unreadable git is not installed'
	exit 0
fi
${sourceReading}
clone_names ${cloneSeconds}
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
