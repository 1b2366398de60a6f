import {buildAndPush} from './build-and-push.ts';
import {processIdentity} from './build-folder.ts';
import {cleanUp} from './clean-up.ts';
import {logins} from './logins.ts';

/**
 * The build itself, detached from the connection that started it. $1: its folder; standard input: one line, the password.
 * Descriptor 9 holds the host's build lock: the kernel frees it when this process ends, so no child may inherit it.
 */
export const jobScript = `
set -u
umask 077
folder=$1
stage=clone
child=
pushed=
cd "$folder" || exit 1
trap '' HUP
logins=
# A folder of its own for what its programs put into /var/tmp
temporary=
${processIdentity}
${cleanUp}
{ printf '%s\\n' "$$"; identity "$$"; printf '\\n'; } >pid.new
mv pid.new pid
[ ! -d ../.lock.d ] || cp pid ../.lock.d/pid

password=
{ IFS= read -r git; IFS= read -r branch; IFS= read -r context; IFS= read -r dockerfile; IFS= read -r program
  IFS= read -r transport; IFS= read -r host; IFS= read -r login; IFS= read -r username; } <order
[ "$login" = anonymous ] || IFS= read -r password
exec </dev/null

# Writes the result, after the credentials are deleted and the host is free for the next build.
finish() {
	trap '' TERM INT EXIT
	clean_up
	printf '%s\\n' "$*" >status.new
	[ ! -d ../.lock.d ] || rm -rf ../.lock.d
	exec 9>&-
	mv status.new status
}
ended() {
	code=$1
	if [ "$pushed" = yes ]; then
		[ -s digest ] || sed -n 's/.*digest: \\(sha256:[0-9a-f]\\{64\\}\\) size:.*/\\1/p' log | tail -n 1 >digest
		finish pushed "$(cat digest)"
	else
		finish failed "$stage" "$code"
	fi
}
stopped() {
	trap '' TERM INT
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null
	[ -z "$child" ] || wait "$child" 2>/dev/null
	echo 'The build was stopped.'
	exit 143
}
trap 'ended $?' EXIT
trap stopped TERM INT

enter() {
	stage=$1
	printf '%s\\n' "$stage" >stage.new
	mv stage.new stage
	printf '==> %s\\n' "$stage"
}
# Runs in the background, so that the shell handles a signal at once.
run() {
	( environment; [ -z "$logins" ] || export "$logins"; [ -z "$temporary" ] || export TMPDIR="$temporary"; exec "$@" ) 9>&- &
	child=$!
	wait "$child"
	code=$?
	child=
	return $code
}
must() { run "$@" || exit $?; }
log_in() {
	printf '%s\\n' "$password" | ( environment; export "$logins"; exec "$@" ) 9>&- &
	child=$!
	password=
	wait "$child" || exit $?
	child=
}

enter clone
# No person is there to answer a prompt.
export GIT_TERMINAL_PROMPT=0 SSH_ASKPASS_REQUIRE=never
must git -c http.lowSpeedLimit=1 -c http.lowSpeedTime=60 clone --depth 1 \${branch:+"--branch=$branch"} -- "$git" source
git -C source log -1 --format='commit %H' 9>&- || :

context=$folder/source/$context
[ -f "$context/$dockerfile" ] && dockerfile=$context/$dockerfile || dockerfile=$folder/source/$dockerfile
insecure=
[ "$transport" = plain ] && [ "$program" != docker ] && insecure=--tls-verify=false

${logins}
${buildAndPush}
if [ "$login" != anonymous ]; then
	enter login
	log_in_for_build
fi

enter build
# With attestations the result is an index, whose untagged children a garbage collection may delete.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
# Plain HTTP only for a base image in the same registry; any other registry keeps TLS.
base=
[ -z "$insecure" ] || ! grep -qF "$host/" bases "$dockerfile" || base=$insecure
build_all

enter push
push_all
pushed=yes
exit 0
`;
