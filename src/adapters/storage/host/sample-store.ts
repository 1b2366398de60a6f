import {isDigest} from '../../../domain/image/digest.ts';
import {isRepositoryName, isTag} from '../../../domain/image/reference.ts';
import type {StoredTag, StoreSample} from '../../../domain/storage/same-registry.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';

const sampleTimeoutMs = 60_000;

/**
 * Of the names that follow the root, one a line, prints `absent NAME` for each that the disk does not hold: not for one below
 * a folder that this user may not enter. Then the newest and the oldest tag of some repositories, as far as their manifest
 * is there with its link: `tag DIGEST TAG REPOSITORY`.
 */
export const printSample = `${enterRoot}
lacks() {
	folder=repositories/$1
	if [ -d "$folder" ]; then return 1; fi
	while :; do
		case $folder in */*) folder=\${folder%/*} ;; *) return 1 ;; esac
		if [ -d "$folder" ]; then [ -x "$folder" ]; return; fi
	done
}
while IFS= read -r name; do
	if [ -n "$name" ] && lacks "$name"; then printf 'absent %s\\n' "$name"; fi
done
# $1: a folder _manifests; $2: a tag
put() {
	digest=$(head -c 200 "$1/tags/$2/current/link" 2>/dev/null)
	hex=\${digest#sha256:}
	case $hex in ''|*[!0-9a-f]*) return ;; esac
	if [ -s "$1/revisions/sha256/$hex/link" ] && [ -s "blobs/sha256/\${hex%"\${hex#??}"}/$hex/data" ]; then
		name=\${1%/_manifests}
		printf 'tag %s %s %s\\n' "$digest" "$2" "\${name#repositories/}"
	fi
}
find repositories \\( -name _layers -o -name _uploads \\) -prune -o -name _manifests -prune -print 2>/dev/null </dev/null | head -n 200 |
while IFS= read -r folder; do
	ls -t "$folder/tags" 2>/dev/null | {
		newest= oldest=
		while IFS= read -r tag; do newest=\${newest:-$tag} oldest=$tag; done
		if [ -n "$newest" ]; then put "$folder" "$newest"; fi
		if [ "$oldest" != "$newest" ]; then put "$folder" "$oldest"; fi
	}
done | head -n 60
`;

/**
 * Reads a small part of what the disk holds, in one command, however large the store is. Never writes.
 * @param listed names of repositories to look for
 * @throws OperatorError storage.no-root | storage.denied
 */
export async function sampleStore(
	listed: readonly string[],
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<StoreSample> {
	const names = listed.filter(isRepositoryName);
	const input = [root, ...names, ''].join('\n');
	const {exitCode, stdout, stderr} = await shell.run(
		{kind: 'read', script: printSample, input, timeoutMs: sampleTimeoutMs},
		{signal},
	);
	rejectRootExits({exitCode, stderr}, root, shell.place);

	const lines = Buffer.from(stdout).toString().split('\n');
	const notStored = lines.flatMap(line => (line.startsWith('absent ') ? [line.slice('absent '.length)] : []));
	return {tags: lines.flatMap(storedTag), notStored: notStored.filter(name => names.includes(name))};
}

function storedTag(line: string): StoredTag[] {
	const [word, digest = '', tag = '', repository = ''] = line.split(' ');
	return word === 'tag' && isDigest(digest) && isTag(tag) && isRepositoryName(repository)
		? [{repository, tag, digest}]
		: [];
}
