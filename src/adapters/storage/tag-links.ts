import {type Digest, digestHex, isDigest} from '../../domain/image/digest.ts';
import {isRepositoryName, isTag} from '../../domain/image/reference.ts';
import {blobData, currentLink} from '../../domain/storage/listing/paths.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {TagLink} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {enterAtOnce, rejectRootExits} from './store-root.ts';

const linksTimeoutMs = 2 * 60_000;
/** They are arguments of one grep; busybox's xargs passes 32 KiB in all. */
const digestsOfCommand = 100;

/**
 * The line after the root is a repository; then come hexadecimal digests. Prints the links of its tags as grep does, each line after the
 * path of its file; after a line `--`, for each manifest that a tag names, how many of its lines hold one of the digests: none of one that is
 * gone; then `end`. What cannot be read is left out. A pipe in the place of a file would keep grep waiting.
 */
export const readTagLinks = `${enterAtOnce}
IFS= read -r repository
set --
while IFS= read -r hex; do
	case $hex in ''|*[!0-9a-f]*) ;; *) set -- "$@" -e "$hex" ;; esac
done
text=
if echo x | grep -aq x 2>/dev/null; then text=-a; fi
files() {
	while IFS= read -r path; do
		if [ -f "$path" ]; then printf '%s\\n' "$path"; fi
	done
}
tags=./repositories/$repository/_manifests/tags
links=$(ls "$tags" 2>/dev/null | awk -v tags="$tags" '/^[A-Za-z0-9_][A-Za-z0-9._-]*$/ {print tags "/" $0 "/current/link"}' |
	files | xargs grep $text '' /dev/null 2>/dev/null)
printf '%s\\n' "$links"
echo --
blobs=$(printf '%s\\n' "$links" | awk 'match($0, /:sha(256|512):[0-9a-f]+$/) {
	split(substr($0, RSTART + 1), part, ":")
	path = "./blobs/" part[1] "/" substr(part[2], 1, 2) "/" part[2] "/data"
	if (!(path in seen)) {seen[path] = 1; print path}
}')
printf '%s\\n' "$blobs" | files | xargs grep $text -cF "$@" /dev/null 2>/dev/null
printf '%s\\n' "$blobs" | while IFS= read -r path; do
	if [ -e "$path" ] || [ -L "$path" ]; then continue; fi
	folder=\${path%/*}
	while [ "$folder" ] && [ ! -d "$folder" ]; do folder=\${folder%/*}; done
	case $folder in ./blobs/*) if [ -x "$folder" ]; then printf '%s:0\\n' "$path"; fi ;; esac
done
echo end
`;

/** Of some digests, each as `DIGEST@REPOSITORY`, what the tags of their repositories name: one command a repository. */
export async function readAllTagLinks(
	asked: readonly AskedLinks[],
	place: Waiting & {shell: Shell; root: string},
): Promise<Map<AskedLinks, ReadonlyMap<string, TagLink>>> {
	const digests = new Map<string, AskedLinks[]>();
	for (const each of asked) {
		const [, repository] = partsOf(each);
		digests.set(repository, [...(digests.get(repository) ?? []), each]);
	}

	const found = new Map<AskedLinks, ReadonlyMap<string, TagLink>>();
	for (const [repository, all] of digests) {
		for (let at = 0; at < all.length; at += digestsOfCommand) {
			const some = all.slice(at, at + digestsOfCommand);
			const hexes = some.map(each => digestHex(partsOf(each)[0]));
			const links = isRepositoryName(repository) ? await readLinks(repository, hexes, place) : new Map();
			for (const each of some) {
				found.set(each, links);
			}
		}
	}

	return found;
}

export type AskedLinks = `${Digest}@${string}`;

function partsOf(asked: AskedLinks): [Digest, string] {
	const at = asked.indexOf('@');
	return [asked.slice(0, at) as Digest, asked.slice(at + 1)];
}

async function readLinks(
	repository: string,
	hexes: readonly string[],
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<Map<string, TagLink>> {
	const input = [root, repository, ...hexes, ''].join('\n');
	const result = await shell.run({kind: 'read', script: readTagLinks, input, timeoutMs: linksTimeoutMs}, {signal});
	rejectRootExits(result, root, shell.place);

	const lines = Buffer.from(result.stdout).toString('latin1').split('\n');
	const middle = lines.indexOf('--');
	if (middle === -1 || lines.at(-2) !== 'end') {
		return new Map();
	}

	const counts = new Map(lines.slice(middle + 1, -2).map(splitAtColon));
	const links = new Map<string, TagLink>();
	const seen = new Set<string>();
	for (const line of lines.slice(0, middle)) {
		const [path, content] = splitAtColon(line);
		const tag = path.split('/').at(-3) ?? '';
		if (!isTag(tag) || path !== `./${currentLink(repository, tag)}`) {
			continue;
		}

		// A link of several lines names nothing.
		if (isDigest(content) && !seen.has(tag)) {
			links.set(tag, {digest: content, mayName: counts.get(`./${blobData(content)}`) !== '0'});
		} else {
			links.delete(tag);
		}

		seen.add(tag);
	}

	return links;
}

function splitAtColon(line: string): [string, string] {
	const at = line.indexOf(':');
	return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
