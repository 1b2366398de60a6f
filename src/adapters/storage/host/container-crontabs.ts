import {mostBytesOfFile} from './maintenance-script.ts';

/**
 * A function of the script that looks for cleaners. Nothing runs inside the container: its files are read by /proc/PID/root, which
 * only root may. @see crond(8) of BusyBox: /var/spool/cron/crontabs; Alpine links that to /etc/crontabs. supercronic names its file
 */
export const putContainerCrontabs = `# Of a container of the host that has a crond: its crontabs, its time zone, and the scripts that the crontabs name.
# $1: the folder of the crond in /proc; $2: its cgroup
put_crontabs() {
	id=$(printf '%s' "$2" | sed -n 's/.*[/-]\\([0-9a-f]\\{64\\}\\)\\(\\.scope\\)*\\(\\/.*\\)*$/\\1/p')
	program=$(words_of "$1/cmdline" | head -n 1)
	case \${program##*/} in cron|crond|busybox|supercronic) ;; *) return ;; esac
	case $id:$crond_of in :*|*" $id"*) return ;; esac
	crond_of="$crond_of $id"
	if ! [ -d "$1/root/." ]; then put "gap the crontabs in the container $id: this login may not read them"; return; fi
	inner=$(words_of "$1/environ" | sed -n 's/^TZ=:*//p' | tail -n 1)
	if [ -z "$inner" ]; then inner=$(readlink "$1/root/etc/localtime" | sed -n 's,.*/zoneinfo/,,p'); fi
	if [ "\${program##*/}" = supercronic ]; then
		set -- "$1" "$(words_of "$1/cmdline" | sed 1d | grep -v '^-' | head -n 1)"
	else
		set -- "$1" /etc/crontab /etc/cron.d/ /var/spool/cron/crontabs/ /var/spool/cron/ /etc/crontabs/
	fi
	inside=$1/root
	shift
	named=
	for place in "$@"; do
		# A link leads to a file of the host, as this login resolves it.
		if [ -L "$inside\${place%/}" ]; then continue; fi
		for file in "$inside$place" "$inside$place"*; do
			if [ -L "$file" ] || ! [ -f "$file" ] || ! [ -r "$file" ]; then continue; fi
			put "container-crontab $id \${inner:-UTC} \${file#"$inside"}"
			head -c ${mostBytesOfFile} "$file" | tr -d '\\000'
			named="$named
$(head -c ${mostBytesOfFile} "$file" | tr -s ' \\t;&|()"' '\\n' | grep '^/')"
			if [ "$place" = "\${file#"$inside"}" ]; then break; fi
		done
	done
	printf '%s\\n' "$named" | grep '^/' | sort -u | head -n 50 | while read -r each; do
		for file in "$inside$each" "$inside$each"/*; do
			if ! [ -L "$file" ] && [ -f "$file" ] && grep -q -s -E -e "$narrow" -- "$file"; then
				put "container-script $id \${file#"$inside"}"
				head -c ${mostBytesOfFile} "$file" | tr -d '\\000'
			fi
		done
	done
}
`;
