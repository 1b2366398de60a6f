/**
 * Shell functions that read a git repository as a build would, without its files: only what is asked for is fetched. `$variables`: a
 * file with the order's environment; `$temporary`: a folder of the script.
 */
export const sourceReading = `
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
# Without the files' contents, where this git can. $1: seconds
clone_names() {
	filter=
	if git clone -h 2>&1 | grep -q -e --filter; then filter=--filter=blob:none; fi
	limited "$1" git -c http.lowSpeedLimit=1 -c http.lowSpeedTime=60 clone --quiet --depth 1 --no-checkout $filter \${branch:+"--branch=$branch"} -- "$git" source >/dev/null
}
`;
