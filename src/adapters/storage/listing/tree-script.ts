import {enter} from '../scripts.ts';

/** What the host's find, stat and ls can do is tried, not guessed from their names: `form`, or nothing if all fail. */
export const chooseForm = `form=
case $(find . -maxdepth 0 -printf '%y %D %T@ %d %f' 2>/dev/null) in
'd '[0-9]*' '[0-9]*' 0 .') form=names ;;
*)
	case $(stat -c '%f/%d/%s/%Y' . 2>/dev/null) in
	*[!0-9a-f/]*) ;;
	*/*/*/*) form=stat ;;
	esac
	;;
esac
TZ=UTC0; export TZ
if [ -z "$form" ]; then
	case $(find . -prune -exec ls -dln {} + 2>/dev/null) in d*' .') form=ls ;; esac
fi
now=$(date +%s.%N 2>/dev/null)
case $now in *[!0-9.]*|*.|'') now=$(date +%s 2>/dev/null) ;; esac
case $now in *[!0-9.]*|'') now=$(awk 'BEGIN {srand(); print srand()}') ;; esac
`;

/**
 * The pass over the tree, by the best means the host has. What comes out:
 * - `now` and the time on the host;
 * - the name of the form the entries take, `names`, `stat` or `ls`, and the entries;
 * - `end` and the exit code of find, without which nothing counts.
 *
 * `names`: records ended by NUL, \`type size changed depth name\`; a folder has its device where the size would stand.
 * find walks in preorder, so depth and name say the path in half its length.
 * `stat` and `ls`: lines. A name in which a registry writes none of the characters is not entered, only counted
 * (\`out\`): no name that is left can break a line or forge one. ls tells minutes at best, and no devices; what a
 * symbolic link names could hold anything, so links are listed without it.
 */
export const listTree = `${enter}
${chooseForm}
[ "$form" ] || exit 69
printf 'now %s\\000%s\\000' "$now" "$form"
odd='*[!A-Za-z0-9._-]*'
each='for name; do echo out; done'
case $form in
names)
	quiet=
	if find . -maxdepth 0 -ignore_readdir_race >/dev/null 2>&1; then quiet=-ignore_readdir_race; fi
	$low find . $quiet -xdev -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -type d -printf 'd %D %T@ %d %f\\000' -o -printf '%y %s %T@ %d %f\\000'
	code=$?
	;;
stat)
	$low find . -xdev -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -name "$odd" -prune -exec sh -c "$each" sh {} + -o -exec stat -c '%f %d %s %Y %n' {} +
	code=$?
	printf '\\000'
	;;
ls)
	$low find . -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -name "$odd" -prune -exec sh -c "$each" sh {} + -o -type l -exec sh -c 'for name; do echo "l $name"; done' sh {} + -o -exec ls -dln {} +
	code=$?
	printf '\\000'
	;;
esac
printf 'end %s\\000' "$code"
`;
