import {putContainerCrontabs} from './container-crontabs.ts';
import {mostBytesOfFile} from './maintenance-script.ts';

/**
 * What the host runs now and will start: its processes, containers, crontabs and timers. It only reads: it makes no file, and
 * starts nothing but programs that list. Nothing runs inside a container; command lines and files of other users are data.
 * Lines of standard input: the storage root, the folder that plays `/` (empty for the host itself), a mark that nobody on the host
 * knows, and `all`, or `running` where only what runs now is asked for. Then, for each interpreter that was looked at before: its number
 * and the first line of its command line without NULs.
 * $1, if it is there: device and inode of the store, which this login may not see itself.
 * A record is a line of the mark and a head, and then a body of any bytes:
 * `now SECONDS OFFSET`, `zone NAME`, `anacron`, `boot SECONDS TICKS`; `processes` with what the kernel tells of all, see
 * `host-processes.ts`; `store PID SAME` of a collector; `script PID` with the text, `script-known PID` without; `container ENGINE ID
 * NAME`; `top ID` with what docker tells of its processes; `seen`, after all that runs; `timers SCOPE` with what systemctl tells in UTC;
 * `timer-file STATE NAME` with its text; `crontab PATH` with its text; `container-crontab ID ZONE PATH` and `container-script ID PATH`
 * with theirs; `gap TEXT`; and at last `end`.
 */
export const printCleaners = `LC_ALL=C; export LC_ALL
identity=\${1-}
IFS= read -r root || exit 1
IFS= read -r top || exit 1
IFS= read -r mark || exit 1
IFS= read -r what || exit 1
while IFS=' ' read -r pid words; do
	case $pid in ''|*[!0-9]*) ;; *) eval "known_$pid=\\$words" ;; esac
done
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
quick=
if timeout 1 true >/dev/null 2>&1; then quick='timeout 10'; fi
narrow='garbage-collect|delete-untagged|_manifests|_layers|/manifests/|skopeo|crane|regctl'

put() { printf '\\n%s %s\\n' "$mark" "$1"; }
words_of() { tr '\\000' '\\n' <"$1"; }
# Whether a collector collects this store. A program's root is that of its container. $1: its folder in /proc; $2: its cgroup
store_of() {
	inside=$1/root
	if ! [ -d "$inside/." ]; then
		# Another user's: a program of the host sees the same files as this login.
		case $2 in *docker*|*libpod*|*containerd*|*kubepods*|*lxc*) printf unknown; return ;; esac
		inside=
	fi
	store=$(words_of "$1/environ" | sed -n 's/^REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=//p' | tail -n 1)
	if [ -z "$store" ]; then
		file=$(words_of "$1/cmdline" | sed '1,/^garbage-collect$/d; /^-/d' | head -n 1)
		case $file in /*) file=$inside$file ;; *) file=$1/cwd/$file ;; esac
		if [ -f "$file" ]; then
			store=$(head -c ${mostBytesOfFile} "$file" | tr "'" '"' | sed -n 's/^[^#]*rootdirectory"*[[:space:]]*:[[:space:]]*"*\\([^]",}#]*\\).*/\\1/p' | sed 's/[[:space:]]*$//' | head -n 1)
			# What the file system driver takes without a setting. @see distribution registry/storage/driver/filesystem
			store=\${store:-/var/lib/registry}
		fi
	fi
	if [ -z "$store" ] || ! [ -d "$inside$store" ]; then printf unknown
	elif [ -n "$identity" ]; then
		case $(stat -L -c %d:%i "$inside$store") in "$identity") printf same ;; '') printf unknown ;; *) printf other ;; esac
	elif [ "$inside$store" -ef "$root" ]; then printf same
	else printf other; fi
}
# Prints the text of the script that an interpreter runs, if it has to do with a registry. $1: its folder in /proc; $2: its number
put_script() {
	file=$(tr '\\000' '\\n' <"$1/cmdline" | sed -n '2,4{/^-/d;p;q;}')
	case $file in /*) if [ -d "$1/root/." ]; then file=$1/root$file; fi ;; *) file=$1/cwd/$file ;; esac
	if [ -f "$file" ] && [ "$(wc -c <"$file")" -lt 262144 ] && grep -q -s -E -e "$narrow" -- "$file"; then
		put "script $2"
		head -c ${mostBytesOfFile} "$file" | tr -d '\\000'
	fi
}

${putContainerCrontabs}
{
crond_of=
put "now $(date +%s) $(unset TZ; date +%z)"
if [ "$what" = all ]; then
# The zone's name: from the link that libc reads, else the one whose rules are the same. Without a file it is UTC.
zone=$(readlink "$top/etc/localtime")
case $zone in
*/zoneinfo/*) zone=\${zone##*/zoneinfo/} ;;
*)
	zone=
	if [ -z "$top" ] && ! [ -e /etc/localtime ]; then zone=UTC
	elif named=$(head -n 1 "$top/etc/timezone") && cmp -s "/usr/share/zoneinfo/$named" "$top/etc/localtime"; then zone=$named; fi ;;
esac
if [ -n "$zone" ]; then put "zone $zone"; fi
fi

if [ -z "$top" ]; then
	if [ -r /proc/self/stat ]; then
		if ! [ -r /proc/1/stat ]; then put 'gap the processes of other users: this login does not see them (hidepid)'; fi
		boot=
		while read -r key value _; do if [ "$key" = btime ]; then boot=$value; fi; done </proc/stat
		put "boot $boot $(getconf CLK_TCK || echo 100)"
		files=
		for folder in /proc/[0-9]*; do
			words= cgroup= known=
			# Without the NULs between them. What the kernel runs for itself has none, and what has ended and is not yet waited for.
			if ! IFS= read -r words <"$folder/cmdline" && [ -z "$words" ]; then continue; fi
			pid=\${folder##*/}
			files="$files $folder/stat $folder/cgroup $folder/cmdline /proc/self/environ"
			case $words in *garbage-collect*)
				IFS= read -r cgroup <"$folder/cgroup"
				store=$(store_of "$folder" "$cgroup")
				# It ended while it was looked at, and took with it whose it was.
				if [ "$store" = unknown ] && ! [ -e "$folder/stat" ]; then continue; fi
				put "store $pid $store" ;;
			esac
			case $what$words in all*cron*)
				IFS= read -r cgroup <"$folder/cgroup"
				put_crontabs "$folder" "$cgroup" ;;
			esac
			case $words in *sh*/*|*python*/*|*perl*/*|*ruby*/*|*node*/*)
				eval "known=\\$known_$pid"
				if [ "$known" = "$words" ]; then put "script-known $pid"; else put_script "$folder" "$pid"; fi ;;
			esac
		done
		# One program reads all. Its own environment, which holds the mark and which no other user can read, stands between the files.
		put processes
		printf '%s\\n' "$mark" | env -i PATH="$PATH" sh -c 'IFS= read -r MARK; export MARK; exec cat /proc/self/environ "$@"' sh /proc/self/environ $files
	else
		put 'gap the processes of the host: it has no /proc'
	fi

	for engine in docker podman; do
		if ! command -v $engine >/dev/null 2>&1; then continue; fi
		$quick $engine ps --no-trunc --format '{{.ID}} {{.Names}}' </dev/null | head -n 200 | while read -r id name; do
			put "container $engine $id $name"
			# The engine may be in another machine, whose processes are not this host's.
			if grep -q -s -e "$id" /proc/[0-9]*/cgroup; then continue; fi
			if [ $engine = docker ]; then
				put "top $id"
				runs=$($quick docker top "$id" -eo pid,ppid,etimes,args </dev/null)
				printf '%s\\n' "$runs"
				case $what$runs in all*cron*)
					inner=$($quick docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$id" </dev/null | sed -n 's/^TZ=:*//p' | tail -n 1)
					for file in /etc/crontabs/root /var/spool/cron/crontabs/root /var/spool/cron/root /etc/crontab; do
						text=$($quick docker cp "$id:$file" - </dev/null | tar -xOf - | head -c ${mostBytesOfFile} | tr -d '\\000')
						if [ -n "$text" ]; then put "container-crontab $id \${inner:-UTC} $file"; printf '%s\\n' "$text"; fi
					done ;;
				esac
			fi
		done
	done
fi
put seen
# This head passes on what it has when it ends, so that what runs is known before what is scheduled.
} 2>/dev/null | head -c 33554432

{
if [ -z "$top" ]; then
	if [ "$what" = all ]; then
	for scope in --system --user; do
		if listed=$(TZ=UTC $quick systemctl $scope list-timers --full --no-pager --no-legend </dev/null); then
			put "timers $scope"
			printf '%s\\n' "$listed"
		fi
	done
	own=$(crontab -l </dev/null | head -c ${mostBytesOfFile} | tr -d '\\000')
	if [ -n "$own" ]; then put 'crontab crontab -l'; printf '%s' "$own"; fi
	if command -v anacron >/dev/null 2>&1; then put anacron; fi
	fi
elif [ -x "$top/usr/sbin/anacron" ]; then
	put anacron
fi

if [ "$what" = all ]; then
for file in "$top"/etc/systemd/system/*.timer "$top"/run/systemd/system/*.timer "$top"/usr/local/lib/systemd/system/*.timer \\
	"$top"/usr/lib/systemd/system/*.timer "$top"/lib/systemd/system/*.timer; do
	# Without systemd at work no timer starts anything. @see sd_booted(3)
	if [ -z "$top" ] && ! [ -d /run/systemd/system ]; then break; fi
	if [ -f "$file" ] && [ -r "$file" ]; then
		name=\${file##*/} state=disabled
		for wanted in "$top"/etc/systemd/system/*.wants/"$name" "$top"/usr/lib/systemd/system/*.wants/"$name"; do
			# It may lead to a file of the host that is not read here: to its root.
			if [ -e "$wanted" ] || [ -L "$wanted" ]; then state=enabled; fi
		done
		put "timer-file $state $name"
		head -c ${mostBytesOfFile} "$file" | tr -d '\\000'
	fi
done

for file in "$top"/etc/crontab "$top"/etc/anacrontab "$top"/etc/cron.d/* "$top"/var/spool/cron/* "$top"/var/spool/cron/crontabs/* \\
	"$top"/var/spool/cron/tabs/* "$top"/etc/crontabs/*; do
	if [ -f "$file" ] && [ -r "$file" ]; then
		put "crontab \${file#"$top"}"
		head -c ${mostBytesOfFile} "$file" | tr -d '\\000'
	fi
done
fi
put end
} 2>/dev/null | head -c 33554432
`;
