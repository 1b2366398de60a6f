import {buildsFolder, processIdentity} from './build-folder.ts';
import {cleanUp} from './clean-up.ts';

/** Replies with the state of the build in one line, and after a failure with the end of the log. $1: the request id. */
export const statusScript = `
${buildsFolder}
${processIdentity}
cd "$builds/$1" 2>/dev/null || { say absent; exit 0; }
tell() {
	word=$(cat status)
	say "$word"
	case $word in
		failed*) tail -c 16384 log | tail -n 80 ;;
		pushed*) cat based 2>/dev/null || : ;;
	esac
	exit 0
}
[ ! -f status ] || tell
# A job that was just started may not have written its pid file yet.
tries=0
while [ ! -f pid ] && [ "$tries" -lt 20 ]; do
	sleep 0.1 2>/dev/null || sleep 1
	tries=$((tries + 1))
done
if works pid; then
	say running "$(cat stage 2>/dev/null || echo clone)"
	exit 0
fi
# The job may have ended between the two checks.
[ ! -f status ] || tell
# The job was killed and could not delete its login.
rm -rf auth
say vanished "$(cat stage 2>/dev/null || echo clone)"
`;

/** Prints a piece of the log. $1: the request id; $2: the first byte, counted from 1; $3: the most bytes to print. */
export const logScript = `
${buildsFolder}
${processIdentity}
cd "$builds/$1" 2>/dev/null || { say log ended; exit 0; }
state=ended
[ -f status ] || ! works pid || state=growing
say log "$state"
tail -c "+$2" log | head -c "$3"
`;

/**
 * Removes what a build left that was killed: the next build would do it, but there may be none. While another build runs, its start has
 * done it. $1: the request id.
 */
export const tidyScript = `
${buildsFolder}
${processIdentity}
${cleanUp}
cd "$builds/$1" 2>/dev/null || { say tidied; exit 0; }
if { [ -f status ] && [ ! -f made ]; } || works pid; then
	say tidied
	exit 0
fi
if command -v flock >/dev/null 2>&1; then
	exec 9>>../.lock
	flock -n 9 || { say tidied; exit 0; }
fi
clean_up
say tidied
`;

/** Ends the processes of this build only. $1: the request id; $2: tenths of a second between SIGTERM and SIGKILL. */
export const cancelScript = `
${buildsFolder}
${processIdentity}
${cleanUp}
cd "$builds/$1" 2>/dev/null || { say cancelled; exit 0; }
if [ -f status ] || ! works pid; then
	say cancelled
	exit 0
fi
job=$pid
# With setsid the job leads its own group; with nohup its descendants have to be found.
descendants() {
	ps -e -o pid= -o ppid= 2>/dev/null | awk -v root="$1" '
		{parent[$1] = $2}
		END {
			ours[root]
			do {
				found = 0
				for (each in parent) if (parent[each] in ours && !(each in ours)) {ours[each]; print each; found = 1}
			} while (found)
		}'
}
# Without "--": kill in dash and busybox does not support it.
if kill -0 "-$job" 2>/dev/null; then group=-$job; else group="$job $(descendants "$job")"; fi
gone() {
	tries=0
	while works pid; do
		[ "$tries" -lt "$1" ] || return 1
		tries=$((tries + 1))
		sleep 0.1 2>/dev/null || sleep 1
	done
}
kill -TERM $group 2>/dev/null
if ! gone "$2"; then
	kill -KILL $group 2>/dev/null
	gone 50 || { echo "process $job does not end" >&2; exit 1; }
fi
# What is left of the job's group.
[ "$group" != "-$job" ] || kill -KILL "$group" 2>/dev/null
# A job that ended by itself has done so.
clean_up
[ -f status ] || { printf 'failed %s 143\\n' "$(cat stage 2>/dev/null || echo clone)" >status.new && mv status.new status; }
say cancelled
`;
