import {enter} from '../scripts.ts';

/** What registry 2.8 reads of a manifest at most. @see distribution v2.8.3 handlers/manifests.go, maxManifestBodySize */
export const largestManifest = 4 * 1024 * 1024;

/**
 * The first line after the root counts the links that follow, one path a line; then come paths of blobs.
 * Links come as grep shows them: each line of each file after the file's path, so nothing in a file can pass for another.
 * A line `blobs` ends them. Then the blobs as head prints them, each under a line with its path; at last `end`.
 * awk hands each path to the one or the other, because xargs reads its input to the end.
 */
export const readFiles = `${enter}
IFS= read -r count
text=
if echo x | grep -aq x 2>/dev/null; then text=-a; fi
$low awk -v count="$count" -v links="xargs grep $text '' /dev/null" -v blobs="xargs head -c ${largestManifest + 1} /dev/null" '
NR == 1 && count == 0 {system("echo blobs")}
NR <= count {print | links}
NR == count {close(links); system("echo blobs")}
NR > count {print | blobs}
END {if (NR == 0 && count == 0) system("echo blobs"); close(blobs)}'
printf '\\000end %s\\000' "$?"
`;
