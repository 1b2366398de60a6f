import {buildsFolder, processIdentity} from './build-folder.ts';
import {cleanUp} from './clean-up.ts';
import {jobScript} from './job-script.ts';
import {programChoice} from './program-choice.ts';
import {space} from './space.ts';

/**
 * Starts the job, once for each request id. $1: the request id; standard input: the order. The password is its last
 * line; the script leaves that line for the job to read.
 */
export const startScript = `
${buildsFolder}
${processIdentity}
${programChoice}
${space}
${cleanUp}
id=$1
folder=$builds/$id
new=$builds/.new-$id

# Replies if this build was started before.
known() {
	[ -d "$folder" ] || return 1
	say started "$(sed -n 5p "$folder/order")"
}

# Waits a moment: another start of the same build may hold the lock and be about to create the folder.
busy() {
	tries=0
	while [ "$tries" -lt 10 ] || { [ "$(cat .holder 2>/dev/null)" = "$id" ] && [ "$tries" -lt 50 ]; }; do
		! known || exit 0
		sleep 0.1 2>/dev/null || sleep 1
		tries=$((tries + 1))
	done
	known || say busy "$(cat .holder 2>/dev/null)"
	exit 0
}

mkdir -p "$builds" || exit 1
cd "$builds" || exit 1
if ! only_ours "$(pwd -P)"; then
	echo "other users can write to $builds, or to a folder above it" >&2
	exit 1
fi
! known || exit 0

# The job inherits the lock. No build runs without it.
if command -v flock >/dev/null 2>&1; then
	exec 9>>.lock
	flock -n 9 || busy
else
	if [ -d .lock.d ] && [ -f .lock.d/pid ] && ! alive .lock.d/pid; then
		# Move it first, then check again: another start may have taken the lock in between.
		mv .lock.d ".lock.d.$$" 2>/dev/null || :
		if [ -f ".lock.d.$$/pid" ] && alive ".lock.d.$$/pid"; then mv ".lock.d.$$" .lock.d; else rm -rf ".lock.d.$$"; fi
	fi
	mkdir .lock.d 2>/dev/null || busy
	{ printf '%s\\n' "$$"; identity "$$"; printf '\\n'; } >.lock.d/pid
fi
started=
leave() { [ -n "$started" ] || rm -rf .lock.d .new-*; }
trap leave EXIT
! known || exit 0
# A killed job frees the lock, but a program that it started may still be pushing.
holder=$(cat .holder 2>/dev/null) || holder=
if [ -n "$holder" ] && [ ! -f "$holder/status" ] && works "$holder/pid"; then
	say busy "$holder"
	exit 0
fi
printf '%s\\n' "$id" >.holder
rm -rf .new-*
mkdir "$new" || exit 1

for name in git branch context dockerfile program transport host; do
	IFS= read -r value || exit 1
	printf '%s\\n' "$value" >>"$new/order"
done
program=$(sed -n 5p "$new/order")
for file in images environment args secrets platforms bases; do
	: >"$new/$file"
	IFS= read -r count || exit 1
	while [ "$count" -gt 0 ]; do
		IFS= read -r value || exit 1
		printf '%s\\n' "$value" >>"$new/$file"
		count=$((count - 1))
	done
done
IFS= read -r login || exit 1
username=
[ "$login" = anonymous ] || IFS= read -r username || exit 1
printf '%s\\n' "$login" "$username" >>"$new/order"

variables=$new/environment
if ! command -v git >/dev/null 2>&1; then
	say no-program 'git is not installed'
	exit 0
fi
choose_program "$program"
if [ -z "$chosen" ]; then
	say no-program "$reasons"
	exit 0
fi
# What a build left that was killed; and builds that ended a month ago.
for left in */pid; do
	left=\${left%/pid}
	[ -f "$left/pid" ] || continue
	{ [ -f "$left/status" ] && [ ! -f "$left/made" ]; } || works "$left/pid" || ( cd "$left" && clean_up )
done
find . -mindepth 1 -maxdepth 1 -type d -mtime +30 2>/dev/null | while IFS= read -r left; do
	[ ! -f "$left/status" ] || [ -f "$left/made" ] || rm -rf "$left"
done
if found=$(short_of_space "$builds"); then
	say no-space "$found"
	exit 0
fi
awk -v program="$chosen" 'NR == 5 {$0 = program} {print}' "$new/order" >"$new/order.chosen" && mv "$new/order.chosen" "$new/order" || exit 1

cat >"$new/job" <<'END-OF-JOB'
${jobScript}
END-OF-JOB
: >"$new/log"
mv "$new" "$folder" || exit 1
started=yes

# A background command gets an empty standard input, unless it is redirected explicitly. All other descriptors belong
# to the connection and are closed: the connection must not wait for the build.
exec 7<&0
if command -v setsid >/dev/null 2>&1; then
	setsid sh "$folder/job" "$folder" <&7 >>"$folder/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7<&- 8>&- &
else
	nohup sh "$folder/job" "$folder" <&7 >>"$folder/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7<&- 8>&- &
fi
job=$!

# Without its pid file, the job would count as vanished.
tries=0
while [ ! -f "$folder/pid" ] && kill -0 "$job" 2>/dev/null && [ "$tries" -lt 100 ]; do
	sleep 0.05 2>/dev/null || sleep 1
	tries=$((tries + 1))
done
say started "$chosen"
`;
