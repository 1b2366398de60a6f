import {printStore} from './print-store.ts';
import {versionFunctions} from './version-functions.ts';

/** A pipe or a device would be read for ever. */
const onlyFiles = 'for file do shift; if [ -f "$file" ]; then set -- "$@" "$file"; fi; done';

/** As much of one file as is printed. */
export const mostBytesOfFile = 65_536;

/**
 * Everything the audit runs on a registry's host, in one command. It only reads: it makes no file, and starts nothing but
 * programs that list, and the binary of a running registry for its version, where only root and this user could have put it
 * there. Nothing runs inside a container. Files, command lines and images of other users are data. Lines of standard input:
 * the storage root, then the folder that plays `/`, empty for the host itself. With such a folder the script reads only that
 * folder and the store: it runs on another machine then, whose processes, containers, schedules and disks are not the host's.
 *
 * Records are ended by NUL: `file KIND SIZE PATH⏎text`, `unread PATH`, `process NUMBER⏎version⏎settings`,
 * `container NAME IMAGE⏎version⏎settings`, where settings are lines `REGISTRY_…=…`, `name NAME`, `mount FOLDER:INSIDE`,
 * `configuration PATH` and `started SECONDS` or `started DATE`; `disk⏎df`, `inodes⏎df`, `uploads COUNT KIB`, `stored COUNT`,
 * `gap TEXT`, and at last `end`.
 */
export const printMaintenance = `LC_ALL=C; export LC_ALL
IFS= read -r root || exit 1
IFS= read -r top || exit 1
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
# A file is printed if it matches: "broad" for a file of a known kind, "narrow" for any script.
broad='garbage-collect|delete-untagged|_manifests|_layers|registry|distribution/'
narrow='garbage-collect|delete-untagged|_manifests|_layers|/manifests/|registry:|distribution/distribution'
variables='^(export +)?REGISTRY_(STORAGE_(DELETE|CACHE|MAINTENANCE|FILESYSTEM)(_[A-Za-z_]*)?|PROXY_REMOTEURL)='
quick=
if timeout 1 true >/dev/null 2>&1; then quick='timeout 10'; fi

# $1: the kind; $2: the file
put() {
	size=$(wc -c <"$2") || return 0
	printf 'file %s %s %s\\n' "$1" "$((size))" "\${2#"$top"}"
	head -c ${mostBytesOfFile} "$2" | tr -d '\\000'
	printf '\\000'
}
# Prints the files whose names come on standard input. $1: their kind
put_each() {
	kind=$1
	head -n 200 | while IFS= read -r file; do
		if [ -f "$file" ]; then put "$kind" "$file"; fi
	done
}
# Prints the files that hold a pattern. $1: their kind; $2: the pattern; then the files
put_matching() {
	kind=$1 pattern=$2
	shift 2
	for file do
		if [ -e "$file" ] && [ ! -r "$file" ]; then printf 'unread %s\\000' "\${file#"$top"}"; fi
	done
	${onlyFiles}
	grep -l -s -E -e "$pattern" -- "$@" </dev/null | put_each "$kind"
}
# The absolute paths that a text starts or reads, also after "cd /folder && ./file".
paths_in() {
	text=$(head -c 1000000 | tr -d '\\000')
	{
		printf '%s\\n' "$text" | sed -n 's#.*cd  *\\(/[^ ;&"]*\\)[" ]*[;&][;& ]*\\(.*[ /]\\)*\\./\\([A-Za-z0-9._/-]*\\).*#\\1/\\3#p'
		printf '%s\\n' "$text" | tr ' \\t"\\047=;&|()<>,[]' '\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n' | grep -E '^[-@:+!]*/[A-Za-z0-9._/@+-]+$' | sed 's#^[-@:+!]*##'
	} | grep -v -E '^/(dev|proc|sys|bin|sbin|lib|lib64|usr/bin|usr/sbin|usr/lib)/' | sort -u | head -n 300
}
# Of the files whose names come in, those small enough to be a script, below the folder that plays /.
scripts_in() {
	while IFS= read -r file; do
		file=$top\${file#"$top"}
		if [ -f "$file" ] && { [ ! -r "$file" ] || [ "$(wc -c <"$file")" -lt 262144 ]; }; then printf '%s\\n' "$file"; fi
	done
}
# Prints the scripts, among the files whose names come in, that touch a registry. A file with a NUL is a binary.
put_scripts() {
	while IFS= read -r file; do
		if [ "$file" != '' ] && [ ! -r "$file" ]; then
			printf 'unread %s\\000' "\${file#"$top"}"
		elif grep -q -s -E -e "$narrow" -- "$file"; then
			plain=$(head -c 4096 "$file" | tr -d '\\000' | wc -c)
			whole=$(head -c 4096 "$file" | wc -c)
			if [ "$((plain))" -eq "$((whole))" ]; then put script "$file"; fi
		fi
	done
}
# Prints a file if it may be the configuration of a registry.
put_configuration() {
	if [ -r "$1" ]; then put_matching configuration 'rootdirectory|blobdescriptor|layerinfo|(filesystem|s3|gcs|azure|swift|oss)"?:' "$1"; fi
}
# Prints the configurations that a text mounts into a container: "./c.yml:/inside", "/folder:/etc/docker/registry", and in
# a compose file also "source: ./c.yml". $1: the folder of relative paths; the text comes on standard input
put_mounted() {
	head -c 1000000 | tr -d '\\000' | tr ' \\t"\\047,=[]{}' '\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n' |
		sed -n -e 's#^\\([A-Za-z0-9._/-]*\\.ya*ml\\):/.*#\\1#p' -e 's#^\\([A-Za-z0-9._/-]*\\.json\\):/.*#\\1#p' \\
			-e 's#^\\([A-Za-z0-9._/-]*\\):/etc/docker/registry\\(:ro\\)*$#\\1/config.yml#p' \\
			-e 's#^\\([A-Za-z0-9._/-]*\\):/etc/distribution\\(:ro\\)*$#\\1/config.yml#p' \\
			-e '/^[./][A-Za-z0-9._/-]*\\.ya*ml$/p' | sort -u | head -n 50 | while IFS= read -r file; do
		case $file in /*) put_configuration "$top\${file#"$top"}" ;; *) put_configuration "$1/$file" ;; esac
	done
}
# Prints only the registry's variables of a file.
put_variables() {
	for file do
		if [ -f "$file" ] && settings=$(head -c ${mostBytesOfFile} "$file" | tr -d '\\000' | grep -E "$variables"); then
			printf 'file environment %s %s\\n%s\\000' "\${#settings}" "\${file#"$top"}" "$settings"
		fi
	done
}
# When a process was started: the ticks after the start of the machine are the 20th field behind its name. @see proc(5)
started_at() {
	ticks=$(getconf CLK_TCK 2>/dev/null) || ticks=100
	awk -v ticks="\${ticks:-100}" '$1 == "btime" {boot = $2} FILENAME != "/proc/stat" {sub(/.*[)] /, ""); printf "started %d\\n", boot + $20 / ticks}' /proc/stat "/proc/$1/stat" 2>/dev/null
}
${versionFunctions}cat_each() { while IFS= read -r file; do cat "$file"; done; }

{
own=
if [ -z "$top" ]; then own=$(crontab -l 2>/dev/null | head -c ${mostBytesOfFile} | tr -d '\\000'); fi
if [ -n "$own" ]; then printf 'file crontab %s crontab -l\\n%s\\000' "\${#own}" "$own"; fi
for folder in "$top"/var/spool/cron "$top"/var/spool/cron/crontabs "$top"/var/spool/cron/tabs "$top"/etc/cron.d; do
	if [ -d "$folder" ] && { [ ! -r "$folder" ] || [ ! -x "$folder" ]; }; then printf 'unread %s\\000' "\${folder#"$top"}"; fi
done

set -- "$top"/etc/crontab "$top"/etc/anacrontab "$top"/etc/cron.d/* "$top"/var/spool/cron/* "$top"/var/spool/cron/crontabs/* \\
	"$top"/var/spool/cron/tabs/* "$top"/etc/crontabs/*
${onlyFiles}
put_matching crontab "$narrow|$broad" "$@"
crons=$(cat "$@" 2>/dev/null | tr -d '\\000')
set -- "$top"/etc/systemd/system/*.service "$top"/etc/systemd/system/*/*.conf "$top"/usr/lib/systemd/system/*.service \\
	"$top"/lib/systemd/system/*.service "$top"/usr/local/lib/systemd/system/*.service "$top"/run/systemd/system/*.service \\
	"$top"/etc/systemd/user/*.service "$top"/usr/lib/systemd/user/*.service \\
	"$top"/root/.config/systemd/user/*.service "$top"/home/*/.config/systemd/user/*.service
${onlyFiles}
put_matching unit "$narrow" "$@"
units=$(grep -h -s '^Exec' -- "$@" </dev/null)
set -- "$top"/etc/containers/systemd/*.container "$top"/etc/containers/systemd/*/*.container \\
	"$top"/usr/share/containers/systemd/*.container "$top"/root/.config/containers/systemd/*.container \\
	"$top"/home/*/.config/containers/systemd/*.container
put_matching quadlet "$broad" "$@"

first=$({
	printf '%s\\n%s\\n%s\\n' "$own" "$crons" "$units" | paths_in
	for file in "$top"/etc/cron.hourly/* "$top"/etc/cron.daily/* "$top"/etc/cron.weekly/* "$top"/etc/cron.monthly/* \\
		"$top"/etc/periodic/*/*; do printf '%s\\n' "$file"; done
} | scripts_in)
second=$(printf '%s\\n' "$first" | cat_each | paths_in | scripts_in)
printf '%s\\n%s\\n' "$first" "$second" | sort -u | head -n 400 | put_scripts

# A store outside the folder that plays / has none of its host's files around it.
within=yes
if [ -n "$top" ]; then case $root in "$top"/*) ;; *) within= ;; esac; fi
folder=$root
set --
if [ -n "$within" ]; then for level in 1 2 3 4; do
	case $folder in ''|/|.|"$top") break ;; esac
	set -- "$@" "$folder"
	folder=\${folder%/*}
done; fi
composes() { for file in "$1"/docker-compose*.y*ml "$1"/compose*.y*ml; do if [ -f "$file" ]; then printf '%s\\n' "$file"; fi; done; }
{
	for each do composes "$each"; done
	for each in "$top"/opt "$top"/opt/* "$top"/srv "$top"/srv/* "$top"/root "$top"/root/* "$top"/home/* "$top"/home/*/*; do composes "$each"; done
} | sort -u | while IFS= read -r file; do
	put_matching compose "$broad" "$file"
	if grep -q -s -E -e "$broad" -- "$file"; then
		folder=\${file%/*}
		put_mounted "$folder" <"$file"
		put_variables "$folder"/.env "$folder"/*.env "$folder"/*/*.env
	fi
done
{
	printf '%s\\n%s\\n%s\\n' "$own" "$crons" "$units"
	printf '%s\\n%s\\n' "$first" "$second" | scripts_in | cat_each
} | put_mounted /
for each do
	put_matching nginx proxy_pass "$each"/nginx*.conf "$each"/nginx/*.conf "$each"/nginx/*/*.conf "$each"/conf.d/*.conf
	put_matching configuration 'rootdirectory|blobdescriptor' "$each"/config.yml "$each"/registry*.yml "$each"/*/config.yml
done
put_matching nginx proxy_pass "$top"/etc/nginx/nginx.conf "$top"/etc/nginx/conf.d/* "$top"/etc/nginx/sites-enabled/*
put_matching configuration rootdirectory "$top"/etc/docker/registry/config.yml "$top"/etc/distribution/config.yml "$top"/etc/docker-registry/config.yml

if [ -n "$top" ]; then
	printf 'gap processes and containers: this is a copy of a host, not the host\\000'
else
	for engine in docker podman; do
		if ! command -v $engine >/dev/null 2>&1; then continue; fi
		if ! list=$($quick $engine ps --no-trunc --format '{{.ID}} {{.Image}}' 2>/dev/null </dev/null); then
			printf 'gap containers: "%s ps" fails for this user\\000' $engine
			continue
		fi
		printf '%s\\n' "$list" | grep -E '[ /](registry|distribution)([:@]|$)' | head -n 50 | while read -r id image; do
			name=$($quick $engine inspect --format '{{.Name}}' "$id" 2>/dev/null </dev/null)
			printf 'container %s-%s %s\\n' $engine "\${name#/}" "$image"
			version_of_image $engine "$id"
			printf '\\n'
			$quick $engine inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$id" 2>/dev/null </dev/null |
				grep -E "$variables" | head -n 20
			mounts=$($quick $engine inspect --format '{{range .Mounts}}{{.Source}}:{{.Destination}}{{println}}{{end}}' "$id" 2>/dev/null </dev/null | head -n 50)
			{
				printf '%s\\n' "$mounts" | sed -n 's/^./mount &/p'
				$quick $engine inspect --format '{{range .Args}}{{println .}}{{end}}' "$id" 2>/dev/null </dev/null | sed -n -e '/^\\/.*\\.ya*ml$/s/^/configuration /p' -e '/^\\/.*\\.json$/s/^/configuration /p'
				printf 'name %s\\n' "\${name#/}"
				$quick $engine inspect --format 'started {{.State.StartedAt}}' "$id" 2>/dev/null </dev/null
				$quick $engine inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id" 2>/dev/null </dev/null | sed -n '1s/^/name /p'
			} 2>/dev/null
			printf '\\000'
			printf '%s\\n' "$mounts" | while IFS=: read -r from to; do
				case $to in
				/etc/docker/registry|/etc/distribution) put_configuration "$from/config.yml" ;;
				*.yml|*.yaml|*.json) put_configuration "$from" ;;
				esac
			done
			$quick $engine inspect --format '{{index .Config.Labels "com.docker.compose.project.config_files"}}' "$id" 2>/dev/null </dev/null |
				tr ',' '\\n' | while IFS= read -r file; do if [ -f "$file" ]; then put_matching compose "$broad" "$file"; fi; done
		done
	done
	{ ps -e -o pid= -o args= 2>/dev/null || ps -o pid,args 2>/dev/null; } | grep -E '(registry|distribution) serve ' | grep -v -E 'grep|sh -c' |
		head -n 60 | while read -r pid args; do
		# The program of a container is not run outside its container.
		here=$(readlink /proc/self/ns/mnt 2>/dev/null)
		if [ -z "$here" ] || [ "$(readlink "/proc/$pid/ns/mnt" 2>/dev/null)" != "$here" ]; then continue; fi
		binary=$(readlink "/proc/$pid/exe" 2>/dev/null)
		if [ -x "$binary" ]; then
			printf 'process %s\\n' "$pid"
			version_of "$binary" | head -n 1 | head -c 200
			printf '\\n'
			tr '\\000' '\\n' <"/proc/$pid/environ" 2>/dev/null | grep -E "$variables" | head -n 20
			started_at "$pid"
			for file in $args; do case $file in /*.y*ml|/*.json) printf 'configuration %s\\n' "$file" ;; esac done
			printf '\\000'
		fi
		for file in $args; do case $file in /*.y*ml|/*.json) put_matching configuration rootdirectory "$file" ;; esac; done
	done
fi

${printStore}printf 'end\\000'
} 2>/dev/null | head -c 16777216
`;
