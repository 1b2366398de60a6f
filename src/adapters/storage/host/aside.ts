import {OperatorError} from '../../../domain/errors.ts';
import {type Digest, digestAlgorithm, digestHex, isDigest} from '../../../domain/image/digest.ts';
import {blobData} from '../../../domain/storage/listing/paths.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {AsideData, MovedAside, PutBack, StorageLock} from '../../../engine/ports/storage.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {chooseTools, noHash} from '../blobs/hash-tools.ts';
import {holdsLock} from '../lock.ts';
import {enterFolder, enterLayout, rejectRootExits} from '../store-root.ts';

/** Two reads of the largest layers, on a slow disk. */
const moveTimeoutMs = 60 * 60_000;
const timeoutMs = 60_000;

/**
 * Leaves in `aside` the folder of an incident, below the `rootdirectory` and beside docker/: on the same file system, where no registry
 * looks. Everybody may add a folder, and nobody may remove that of another (sticky, as /tmp).
 */
const findAside = `real=$(pwd -P)
case $real in */docker/registry/v2) all=\${real%/docker/registry/v2}/regmedic-aside aside=\${real%/docker/registry/v2}/regmedic-aside/$incident ;; *) answer denied ;; esac
`;

/** Each script says one word, and what belongs to it. */
const answer = `answer() { printf 'aside %s\\n' "$*"; exit 0; }
`;

/**
 * Hashes the data twice, and moves it only where both reads ended without an error, agree, and prove it wrong: a read error is no
 * proof. The folder it is moved into is made for it, so that nothing is overwritten; a rename across file systems would be a copy, and
 * is refused. After the lines of \`chooseTools\` come the holder of the lock, the incident, the algorithm, the hex and the path.
 */
export const moveAside = `${chooseTools}IFS= read -r holder
IFS= read -r incident
IFS= read -r algorithm
IFS= read -r hex
IFS= read -r file
${answer}${holdsLock}${findAside}tool=$sha256
if [ "$algorithm" = sha512 ]; then tool=$sha512; fi
hash_of() { { $tool; } 2>/dev/null <"$file"; }
if [ -L "$file" ] || { [ -e "$file" ] && [ ! -f "$file" ]; }; then answer strange; fi
if [ ! -f "$file" ]; then
	case $(ls -d "$file" 2>&1 >/dev/null) in *': No such file or directory') answer gone ;; esac
	answer unread
fi
one=$(hash_of) && two=$(hash_of) && [ "$one" ] && [ "$one" = "$two" ] || answer unread
case $one in *"$hex"*) answer whole ;; esac
holds_lock || answer unlocked
[ -d "$all" ] || (umask 0; mkdir -m 1777 "$all") 2>/dev/null
[ -d "$all" ] && [ ! -L "$all" ] || answer denied
[ -d "$aside" ] || (umask 077; mkdir "$aside") 2>/dev/null
[ ! -L "$aside" ] && [ "$(set -- $(ls -dln "$aside" 2>/dev/null); echo "$3")" = "$(id -u)" ] || answer denied
folder=$aside/\${file%/data}
(umask 077; mkdir -p "\${folder%/*}") 2>/dev/null || answer denied
to=$folder number=1
until (umask 077; mkdir "$to") 2>/dev/null; do
	number=$((number + 1))
	to=$folder.$number
	[ "$number" -lt 100 ] || answer denied
done
mount_of() { df -P "$1" 2>/dev/null | sed -n '2s/.*% *//p'; }
if [ "$(mount_of "$file")" != "$(mount_of "$to")" ]; then rmdir "$to"; answer elsewhere; fi
mv "$file" "$to/data" 2>/dev/null || { rmdir "$to"; answer denied; }
answer moved "$to/data"
`;

/**
 * Puts it back only where nothing lies in its place: \`ln\` never overwrites. Where it was moved more than once, the last goes back. After
 * the root come the holder of the lock, the incident and the path.
 */
export const putBack = `${enterFolder}IFS= read -r holder
IFS= read -r incident
IFS= read -r file
${enterLayout}${answer}${holdsLock}${findAside}from=
number=1
for each in "$aside/\${file%/data}/data" "$aside/\${file%/data}".*/data; do
	rest=\${each%/data}
	rest=\${rest##*/}
	case $rest in *.*) at=\${rest##*.} ;; *) at=1 ;; esac
	if [ -f "$each" ] && [ "$at" -ge "$number" ]; then from=$each number=$at; fi
done
[ "$from" ] || answer gone
if [ -e "$file" ] || [ -L "$file" ]; then answer taken; fi
holds_lock || answer unlocked
mkdir -p "\${file%/data}" 2>/dev/null
if ! ln "$from" "$file" 2>/dev/null; then
	if [ -e "$file" ]; then answer taken; fi
	answer denied
fi
rm -f "$from" && rmdir "\${from%/data}" 2>/dev/null
answer back
`;

/** Lists what lies aside: the size, whether something is in its place now, and the path. */
export const listAside = `${enterFolder}IFS= read -r incident
${enterLayout}${answer}${findAside}[ -d "$aside" ] || exit 0
cd "$aside" && find blobs -type f -name data 2>/dev/null | while read -r file; do
	place=free
	plain=$(echo "$file" | sed 's,\\.[0-9]*/data$,/data,')
	if [ -e "$real/$plain" ]; then place=taken; fi
	echo "$(set -- $(ls -dln "$file"); echo "$5") $place $plain"
done
`;

type Place = Waiting & {shell: Shell; root: string};
type Aside = {digest: Digest; incident: string};

/** @throws OperatorError storage.no-hash | effect.unknown */
export async function moveDataAside(
	{digest, incident}: Aside,
	lock: Pick<StorageLock, 'holder'>,
	place: Place,
): Promise<MovedAside> {
	const algorithm = digestAlgorithm(digest);
	const lines = [algorithm, '0', holderIn(lock), nameOf(incident), algorithm, digestHex(digest), blobData(digest)];
	const {state, rest} = await ask('write', moveAside, lines, {...place, timeoutMs: moveTimeoutMs});
	switch (state) {
		case 'moved':
			return {state, to: rest};
		case 'gone':
		case 'whole':
		case 'unread':
		case 'strange':
		case 'unlocked':
		case 'denied':
		case 'elsewhere':
			return {state};
		default:
			throw noAnswer(place);
	}
}

/** @throws OperatorError effect.unknown */
export async function putDataBack(
	{digest, incident}: Aside,
	lock: Pick<StorageLock, 'holder'>,
	place: Place,
): Promise<PutBack> {
	const lines = [holderIn(lock), nameOf(incident), blobData(digest)];
	const {state} = await ask('write', putBack, lines, {...place, timeoutMs});
	switch (state) {
		case 'back':
		case 'taken':
		case 'gone':
		case 'unlocked':
		case 'denied':
			return state;
		default:
			throw noAnswer(place);
	}
}

/** What an incident has moved aside and not put back. Only reads. */
export async function listDataAside(incident: string, {shell, root, signal}: Place): Promise<AsideData[]> {
	const input = `${root}\n${nameOf(incident)}\n`;
	const result = await shell.run({kind: 'read', script: listAside, input, timeoutMs}, {signal});
	rejectRootExits(result, root, shell.place);
	return Buffer.from(result.stdout)
		.toString('latin1')
		.split('\n')
		.flatMap(line => {
			const [, size, place, algorithm, hex] =
				/^(\d+) (free|taken) blobs\/(sha256|sha512)\/[0-9a-f]{2}\/([0-9a-f]+)\/data$/.exec(line) ?? [];
			const digest = `${algorithm}:${hex}`;
			return isDigest(digest) ? [{digest, size: Number(size), isReplaced: place === 'taken'}] : [];
		});
}

async function ask(
	kind: 'read' | 'write',
	script: string,
	lines: readonly string[],
	{shell, root, signal, timeoutMs: most}: Place & {timeoutMs: number},
): Promise<{state: string; rest: string}> {
	const input = [root, ...lines, ''].join('\n');
	const result = await shell.run({kind, script, input, timeoutMs: most}, {signal});
	rejectRootExits(result, root, shell.place);
	if (result.exitCode === noHash) {
		throw new OperatorError('storage.no-hash', `${shell.place} has no program that hashes files.`, {
			hint: 'Install coreutils, busybox or openssl there: nothing is moved aside without being hashed.',
			exit: 'configuration',
		});
	}

	const [, state = '', rest = ''] = /^aside (\S+) ?(.*)$/m.exec(Buffer.from(result.stdout).toString()) ?? [];
	return {state, rest};
}

/** It becomes the name of a folder. */
function nameOf(incident: string): string {
	if (!/^\w[\w.-]{0,199}$/.test(incident)) {
		throw new TypeError(`${incident} is no id of an incident.`);
	}

	return incident;
}

/** As the note of the lock tells it, at most. */
function holderIn({holder = ''}: Pick<StorageLock, 'holder'>): string {
	return holder.replace(/\s+/g, ' ').slice(0, 200);
}

function noAnswer({shell}: Place): OperatorError {
	return new OperatorError('effect.unknown', `${shell.place} did not say what it has moved.`, {
		hint: 'Look below regmedic-aside in the registry’s storage folder, then look again.',
		exit: 'indeterminate',
	});
}
