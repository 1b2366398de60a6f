import {sourcePreamble} from './check-script.ts';
import {sourceReading} from './source-script.ts';

/** A plan is being made: a person waits. */
const cloneSeconds = 30;

/** The largest Dockerfile that is read. */
const dockerfileBytes = 256 * 1024;

/** Prints the Dockerfile, as a build would use it. Standard input: as for the check. */
export const recipeScript = `
${sourcePreamble}
exec </dev/null
if ! command -v git >/dev/null 2>&1; then say unreadable git is not installed; exit 0; fi
${sourceReading}
clone_names ${cloneSeconds}
code=$?
if [ "$code" -eq 124 ] || [ "$code" -eq 143 ]; then say unreadable git did not end in ${cloneSeconds} s; exit 0; fi
[ "$code" -eq 0 ] || { say unreadable "$(reason)"; exit 0; }
for path in "$first" "$second"; do
	if limited ${cloneSeconds} git -C source show "HEAD:$path" >"$temporary/recipe"; then
		say read "$(git -C source rev-parse HEAD)"
		head -c ${dockerfileBytes} "$temporary/recipe"
		exit 0
	fi
done
say unreadable "$(reason)"
`;
