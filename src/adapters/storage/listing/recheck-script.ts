import {enter} from '../scripts.ts';
import {chooseForm} from './tree-script.ts';

/**
 * Another look at the paths that follow the root, one a line. First a line for each that is there, in a form as in
 * `listTree`; after a line \`--\` the words of ls about each that is not, because only they tell gone from not readable.
 */
export const lookAgain = `${enter}
${chooseForm}
[ "$form" ] || exit 69
echo "now $now"
paths=$(cat)
case $form in
names) printf '%s\\n' "$paths" | $low xargs sh -c 'find "$@" -maxdepth 0 -printf "%y %s %T@ %p\\n"' sh 2>/dev/null ;;
stat) printf '%s\\n' "$paths" | $low xargs stat -c '%f %d %s %Y %n' 2>/dev/null ;;
ls) printf '%s\\n' "$paths" | $low xargs ls -dln 2>/dev/null ;;
esac
echo --
printf '%s\\n' "$paths" | $low xargs ls -d 2>&1 >/dev/null
echo end
`;
