import {OperatorError} from '../../domain/errors.ts';
import {volumeFolder} from '../../domain/storage/volume.ts';
import type {ShellResult} from '../../engine/ports/shell.ts';
import {nameOtherLayout, otherStoreExit, otherStoreIn, refuseDatabases} from './other-stores.ts';

/** Why a script could not read the store. */
export const rootExits = {notEntered: 66, noStore: 67, noFind: 69} as const;

/**
 * Ends a script that cannot enter a folder: says on stderr who was kept out, the last folder on the way that is there, and
 * the system's reason. `test -d` alone cannot tell a folder that is gone from one behind a closed door.
 */
const notEntered = `not_entered() {
	at=$1
	while [ "$at" ] && [ ! -d "$at" ]; do at=\${at%/*}; done
	printf 'regmedic %s\\n' "user $(id -un 2>/dev/null || id -u)" "folder $1" "at \${at:-/}" "why $(ls -d "$1/." 2>&1 >/dev/null)" >&2
	exit ${rootExits.notEntered}
}`;

/** Enters a folder, whose absolute path is the first line of standard input, and leaves it in `root`. */
export const enterFolder = `LC_ALL=C; export LC_ALL
${notEntered}
IFS= read -r root
[ -d "$root" ] && cd "$root" 2>/dev/null || not_entered "$root"
`;

/** Goes on from the root to the folder that holds blobs/ and repositories/. */
export const enterLayout = `${refuseDatabases}if [ -d docker/registry/v2 ]; then
	cd docker/registry/v2 2>/dev/null || not_entered "$root/docker/registry/v2"
elif [ ! -d repositories ] && { [ ! -d blobs ] || [ -f oci-layout ]; }; then
	case $(ls -d docker/registry/v2/. 2>&1 >/dev/null) in
	*': No such file or directory')
		${nameOtherLayout}
		exit ${rootExits.noStore}
		;;
	*) not_entered "$root/docker/registry/v2" ;;
	esac
fi
`;

/** The same as `enterRoot` for what reads a few files that somebody waits for: a busy host does not put it behind everything else. */
export const enterAtOnce = `${enterFolder}${enterLayout}low=
`;

/**
 * The start of most scripts that read a store: enters the folder that holds blobs/ and repositories/. The root is the
 * first line of standard input, so it may hold any character but a newline; it may be what `rootdirectory` names, or the
 * docker/registry/v2 below it. Every script of the storage only reads: none makes a file, not even a temporary one.
 */
export const enterRoot = `${enterAtOnce}if nice -n 19 sh -c : >/dev/null 2>&1; then low='nice -n 19'; fi
`;

type RootResult = Pick<ShellResult, 'exitCode' | 'stderr'>;

/** Why a folder was not entered. `kept-out`: this user may not enter `at`. `failed`: the disk or a mount does not work. */
type NotEntered =
	| {kind: 'absent'; why: string}
	| {kind: 'kept-out'; user: string; at: string}
	| {kind: 'failed'; why: string};

/** @throws OperatorError storage.no-root | storage.other-store | storage.denied | storage.unread | storage.no-find */
export function rejectRootExits({exitCode, stderr}: RootResult, root: string, place: string): void {
	if (exitCode === rootExits.noStore) {
		throw noRoot(root, place, 'it holds no docker/registry/v2');
	}

	const other = exitCode === otherStoreExit ? otherStoreIn(stderr, root, place) : undefined;
	if (other !== undefined) {
		throw other;
	}

	if (exitCode === rootExits.notEntered) {
		const reason = whyNotEntered(stderr);
		throw reason.kind === 'absent' ? noRoot(root, place, reason.why) : closedFolder(root, place, reason);
	}

	if (exitCode === rootExits.noFind) {
		throw new OperatorError('storage.no-find', `${place} has no \`find -printf\`, no \`stat\` and no usable \`ls\`.`, {
			hint: 'Install findutils or busybox there, or scan a mounted copy with `--path`.',
			exit: 'configuration',
		});
	}
}

/** Reads what `not_entered` printed: other lines may stand around it. */
export function whyNotEntered(stderr: string): NotEntered {
	const said = (word: string) => new RegExp(`^regmedic ${word} (.*)$`, 'm').exec(stderr)?.[1] ?? '';
	const why = said('why').split(': ').at(-1)!;
	if (why === 'Permission denied') {
		return {kind: 'kept-out', user: said('user'), at: said('at')};
	}

	if (why === 'Not a directory') {
		const above = said('at').replace(/\/$/, '');
		const [, part] = said('folder').slice(above.length).split('/');
		return {kind: 'absent', why: `${above}/${part} is no folder`};
	}

	return why in absences ? {kind: 'absent', why: absences[why]!} : {kind: 'failed', why: why || 'it cannot be entered'};
}

/** How the C libraries of GNU and of Alpine (musl) say that there is no such folder. */
const absences: Record<string, string> = {
	'No such file or directory': 'the folder does not exist',
	'Too many levels of symbolic links': 'symbolic links lead in a circle',
	'Symbolic link loop': 'symbolic links lead in a circle',
	'File name too long': 'the path is longer than its host allows',
	'Filename too long': 'the path is longer than its host allows',
};

/** @returns storage.denied | storage.unread */
export function closedFolder(
	folder: string,
	place: string,
	reason: Exclude<NotEntered, {kind: 'absent'}>,
): OperatorError {
	if (reason.kind === 'failed') {
		return new OperatorError('storage.unread', `${folder} on ${place} cannot be read: ${reason.why}.`, {
			hint: 'Check its disk and its mount on that host (`dmesg`, `mount`), then try again.',
			exit: 'indeterminate',
		});
	}

	const {user, at} = reason;
	const who = user === '' ? 'this login' : `the user ${user}`;
	const message = `${folder} on ${place} cannot be read: ${who} may not enter ${at === folder ? 'it' : at}.`;
	return new OperatorError('storage.denied', message, {
		hint: hintFor(folder, who),
		exit: 'refused',
	});
}

/** The ways in, by where the folder lies. */
function hintFor(folder: string, who: string): string {
	const found = volumeFolder(folder);
	if (found === undefined) {
		return `Log in as a user who may read the registry’s storage, let ${who} enter that folder, or add \`become: sudo\` (\`--become sudo\`) if ${who} may use sudo there.`;
	}

	const {engine, name, below} = found;
	const volume = below === '' ? name : `${name}/${below}`;
	const container = `\`volume: ${volume}\` with \`become: container\` (\`--volume ${volume} --become container\`)`;
	return found.rootless
		? `It is the volume ${name} of the rootless ${engine} of ${found.owner}: log in as ${found.owner}, and write ${container}; or add \`become: sudo\` (\`--become sudo\`).`
		: `It is the volume ${name} of ${engine}, which belongs to root: add \`become: sudo\` (\`--become sudo\`) if ${who} may use sudo there, or write ${container} if ${who} may use ${engine}.`;
}

export function noRoot(root: string, place: string, why: string): OperatorError {
	return new OperatorError('storage.no-root', `${root} on ${place} is not a registry's storage: ${why}.`, {
		hint: 'Give the folder that `rootdirectory` names in the registry’s configuration, as its host sees it.',
		exit: 'configuration',
	});
}
