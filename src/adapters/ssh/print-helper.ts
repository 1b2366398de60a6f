import {createHash} from 'node:crypto';
import {seal} from './envelope.ts';

/** A script that the helper runs. `byLine`: it reads each line by itself, and quotes it; the others have xargs read them. */
type HelperScript = {script: string; byLine: boolean};

/** The SHA-256 of what is sent for a script: with what every script begins with, and its frame. */
function hashOf({script}: HelperScript): string {
	return createHash('sha256')
		.update(seal({script}, 'a'.repeat(8)).head)
		.digest('hex');
}

const longestScript = 65_536;

/**
 * The text of the helper: a POSIX shell script for root, to which a line of sudoers leads. What it runs is the text that comes on
 * standard input, as from any shell of regmedic, and only where its SHA-256 is on the list. The first line of input behind it has to be
 * the one folder. The further lines become file names of the store and words of grep, head and find: a line that leads out of the
 * store, or that could be an option, ends the input.
 * @param root as the configuration names it: an absolute path
 */
export function printHelper(
	scripts: readonly HelperScript[],
	{root, version, helper, login}: {root: string; version: string; helper: string; login: string},
): string {
	const list = (kind: boolean) =>
		scripts
			.filter(({byLine}) => byLine === kind)
			.map(hashOf)
			.join('|\\\n');
	return `#!/bin/sh
# ${helper}: reads one registry's store for regmedic ${version}, as root.
#
# To install it, as root on the registry's host:
#   install -o root -g root -m 0755 regmedic-root ${helper}
#   visudo -f /etc/sudoers.d/regmedic, with this line:
#     ${login} ALL=(root) NOPASSWD: ${helper}
# and in regmedic.yaml: storage: {…, root: ${root}, become: {sudo: ${helper}}}
#
# Whoever has that login may then, below ${root} and nowhere else:
#   - read every file, and what a symbolic link in it leads to;
#   - hold the lock of the store, which keeps other responders away, and say in /tmp/regmedic-* who holds it;
#   - mark a plan as applied: a file below regmedic-applied/;
#   - move files of the store below regmedic-aside/, and back. Nothing is deleted or overwritten.
# Nothing else runs as root: not another script, not a shell. The restart of the registry is run by the login itself.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin LC_ALL=C
export PATH LC_ALL
unset ENV BASH_ENV CDPATH GREP_OPTIONS TMPDIR
IFS=' '
set -f
umask 022
cd / || exit 77
root=${quoted(root)}
refuse() { printf 'regmedic-root: %s\\n' "$1" >&2; exit 77; }

[ "$#" = 4 ] && [ "$1" = -c ] && [ "$3" = regmedic ] || refuse 'it takes what regmedic sends, and no arguments of a script'
mark=$4
case $mark in '' | *[!a-z0-9]*) refuse 'the mark is none' ;; esac
length=\${2#*count=}
length=\${length%% *}
case $length in '' | *[!0-9]* | ??????*) refuse 'the length of the script is none' ;; esac
[ "$length" -le ${longestScript} ] || refuse 'the script is too long'
text=$(dd bs=1 count="$length" 2>/dev/null; echo x)
text=\${text%x}
sum=$(printf '%s' "$text" | sha256sum 2>/dev/null) || refuse 'there is no sha256sum'
lines=
case \${sum%% *} in
${list(true)})
	lines=yes ;;
${list(false)})
	;;
*) refuse 'this script is not on its list: it was changed, or it is that of another version of regmedic' ;;
esac
IFS= read -r given || refuse 'no folder was named'
[ "$given" = "$root" ] || refuse "it is for $root alone"

{
	printf '%s\\n' "$root"
	if [ "$lines" ]; then
		while IFS= read -r line; do
			case $line in
			.. | ../* | */.. | */../* | /* | -*) break ;;
			esac
			printf '%s\\n' "$line"
		done
	else
		sed -n -E -e '/(^|[[:space:]\\/])\\.\\.([[:space:]\\/]|$)|(^|[[:space:]])[-\\/]|["'"'"'\\\\]/q' -e p
	fi
} | /bin/sh -c "$text" regmedic "$mark"
`;
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}
