import {OperatorError} from '../../domain/errors.ts';

/**
 * The start of most scripts that read a store: enters the folder that holds blobs/ and repositories/. The root is the
 * first line of standard input, so it may hold any character but a newline; it may be what `rootdirectory` names, or the
 * docker/registry/v2 below it. Every script of the storage only reads: none makes a file, not even a temporary one.
 */
export const enterRoot = `LC_ALL=C; export LC_ALL
IFS= read -r root
[ -d "$root" ] || exit 66
cd "$root" || exit 77
if [ -d docker/registry/v2 ]; then cd docker/registry/v2 || exit 77; fi
[ -d repositories ] || [ -d blobs ] || exit 67
low=
if nice -n 19 sh -c : >/dev/null 2>&1; then low='nice -n 19'; fi
`;

/** Why a script could not read the store. */
export const rootExits = {noFolder: 66, noStore: 67, noFind: 69, denied: 77} as const;

/** @throws OperatorError storage.no-root | storage.denied | storage.no-find */
export function rejectRootExits(exitCode: number, root: string, place: string): void {
	if (exitCode === rootExits.noFolder || exitCode === rootExits.noStore) {
		const why = exitCode === rootExits.noFolder ? 'the folder does not exist' : 'it holds no docker/registry/v2';
		throw new OperatorError('storage.no-root', `${root} on ${place} is not a registry's storage: ${why}.`, {
			hint: 'Give the folder that `rootdirectory` names in the registry’s configuration, as its host sees it.',
			exit: 'configuration',
		});
	}

	if (exitCode === rootExits.denied) {
		throw rootDenied(root, place);
	}

	if (exitCode === rootExits.noFind) {
		throw new OperatorError('storage.no-find', `${place} has no \`find -printf\`, no \`stat\` and no usable \`ls\`.`, {
			hint: 'Install findutils or busybox there, or scan a mounted copy with `--path`.',
			exit: 'configuration',
		});
	}
}

export function rootDenied(folder: string, place: string): OperatorError {
	return new OperatorError('storage.denied', `${folder} on ${place} cannot be entered by this user.`, {
		hint: 'Log in as a user who may read the registry’s storage.',
		exit: 'refused',
	});
}
