import {buildsFolder, processIdentity} from './script-parts.ts';

/** Answers in one line, and for a failure the end of the log after it. $1: the request id. */
export const statusScript = `
${buildsFolder}
${processIdentity}
cd "$builds/$1" 2>/dev/null || { say absent; exit 0; }
tell() {
	word=$(cat status)
	say "$word"
	case $word in failed*) tail -c 4096 log | tail -n 15 ;; esac
	exit 0
}
[ ! -f status ] || tell
if alive pid; then
	say running "$(cat stage 2>/dev/null || echo clone)"
	exit 0
fi
# It may have ended between the two looks.
[ ! -f status ] || tell
# Killed without a word, it could not clear away its login.
rm -rf auth
say vanished
`;

/** A piece of the log. $1: the request id; $2: the first byte, counted from 1; $3: at most so many bytes. */
export const logScript = `
${buildsFolder}
${processIdentity}
cd "$builds/$1" 2>/dev/null || { say log ended; exit 0; }
state=ended
[ -f status ] || ! alive pid || state=growing
say log "$state"
tail -c "+$2" log | head -c "$3"
`;

/** Ends the processes of this build only. $1: the request id. */
export const cancelScript = `
${buildsFolder}
${processIdentity}
cd "$builds/$1" 2>/dev/null || { say cancelled; exit 0; }
if [ -f status ] || ! alive pid; then
	say cancelled
	exit 0
fi
job=$pid
# Under setsid the job leads a group of its own; under nohup it is asked alone and stops its child itself.
# Without "--", which dash and busybox do not know here.
group=$job
kill -0 "-$job" 2>/dev/null && group=-$job
gone() {
	tries=0
	while alive pid; do
		[ "$tries" -lt "$1" ] || return 1
		tries=$((tries + 1))
		sleep 0.1 2>/dev/null || sleep 1
	done
}
kill -TERM "$group" 2>/dev/null
if ! gone 100; then
	kill -KILL "$group" 2>/dev/null
	gone 50 || { echo "process $job does not end" >&2; exit 1; }
fi
# What the job left of its group.
[ "$group" = "$job" ] || kill -KILL "$group" 2>/dev/null
rm -rf auth
[ -f status ] || { printf 'failed %s 143\\n' "$(cat stage 2>/dev/null || echo clone)" >status.new && mv status.new status; }
say cancelled
`;
