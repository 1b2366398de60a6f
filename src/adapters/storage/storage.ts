import {OperatorError} from '../../domain/errors.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {hashBlobs} from './blobs/hash.ts';
import {streamBlob} from './blobs/stream-blob.ts';
import {rehearse} from './host/rehearse.ts';
import {lookAtHost} from './host/upkeep.ts';
import {blobFile, hashOf} from './listing/body-cutter.ts';
import {listStore} from './listing/list.ts';
import {rejectNoTree} from './listing/no-tree.ts';
import {lockStore} from './lock.ts';
import {recheckPaths} from './recheck.ts';
import {exits, readBlob} from './scripts.ts';

export type StorageOptions = {
	shell: Shell;
	/** What `rootdirectory` names, or the docker/registry/v2 below it. */
	root: string;
	/** Run as it stands by the remote shell. */
	restartCommand?: string;
	place?: string;
	/** What stands for the host's `/`: a copy of it, or a rehearsal's. Absent: the host itself. */
	hostRoot?: string;
};

const blobTimeoutMs = 5 * 60_000;
const restartTimeoutMs = 2 * 60_000;

/** A registry's storage folder, on whichever machine the shell is. Closing it closes the shell. */
export function createStorage({
	shell,
	root,
	restartCommand,
	place = `${shell.place}:${root}`,
	hostRoot,
}: StorageOptions): Storage {
	const plainRoot = checkedRoot(root, 'storage folder');
	// Never by mistake the host itself.
	const top = hostRoot === undefined ? {} : {hostRoot: checkedRoot(hostRoot, 'folder that stands for /')};

	return {
		place,
		list: options => listStore({...options, shell, root: plainRoot}),
		recheck: (paths, {signal}) => recheckPaths(paths, {shell, root: plainRoot, signal}),
		async readBlob(digest, {signal}) {
			const input = `${plainRoot}\n${blobFile(digest)}\n`;
			const answer = await shell.run({kind: 'read', script: readBlob, input, timeoutMs: blobTimeoutMs}, {signal});
			if (answer.exitCode === exits.noFolder) {
				return undefined;
			}

			rejectNoTree(answer.exitCode, root, shell.place);
			return answer.exitCode === 0 && hashOf(answer.stdout, digest) === digest ? answer.stdout : undefined;
		},
		streamBlob: (blob, {signal}) => streamBlob(blob, {shell, root: plainRoot, signal}),
		hash: (digests, options) => hashBlobs(digests, {...options, shell, root: plainRoot}),
		upkeep: ({signal}) => lookAtHost({...top, shell, root: plainRoot, signal}),
		rehearse: (command, {signal}) => rehearse({shell, command, signal}),
		...(restartCommand === undefined ? {} : {restartCommand}),
		async restart({signal}) {
			if (restartCommand === undefined) {
				throw new TypeError('No restart command is configured.');
			}

			const request = {kind: 'write', script: restartCommand, timeoutMs: restartTimeoutMs} as const;
			const {exitCode, stdout, stderr} = await shell.run(request, {signal});
			return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
		},
		lock: (holder, {signal}) => lockStore({shell, root: plainRoot, holder, signal}),
		close: () => shell.close(),
	};
}

function checkedRoot(root: string, what: string): string {
	if (!root.startsWith('/') || /[\n\0]/.test(root)) {
		throw new OperatorError('storage.root', `"${root}" is not the whole path of a folder.`, {
			hint: `Write the ${what} as its host sees it, from / on.`,
			exit: 'configuration',
		});
	}

	return root.replace(/(?<=.)\/+$/, '');
}
