import {OperatorError} from '../../../domain/errors.ts';
import type {Engine} from '../../../domain/storage/volume.ts';
import type {Launcher} from '../../../engine/ports/shell.ts';
import {notStarted} from './engine-words.ts';
import {sessionLabel} from './guard.ts';

/** What a container mounts: a volume by its name, or a folder of the host, each at its path on the host. */
export type Mount = {type: 'volume' | 'bind'; source: string; folder: string};

type LaunchOptions = {
	/** The path of its program on the host. */
	program: string;
	engine: Engine;
	place: string;
	image: string;
	/** Of the container. */
	name: string;
	session: string;
	mount?: Mount;
	/** The store can be written to. */
	writes?: boolean;
	/** The notes of locks are in the host's /tmp, where every other responder looks for them. */
	notes?: boolean;
};

/**
 * The command line that runs a shell in a container: without network, on a root that nothing can be written to, with no right but
 * to read whatever the store's owner is. A folder that does not exist is refused (`--mount`, not `-v`, which would make it), labels of
 * SELinux are left as they are, and what it prints is not logged: a scan would fill the host's disk.
 * @see docs.docker.com/reference/cli/docker/container/run; podman-run(1)
 */
export function launch(options: LaunchOptions): Launcher {
	const {program, engine, place, image, name, session, mount, writes = false, notes = false} = options;
	const rights = ['--cap-drop', 'ALL', '--cap-add', 'DAC_OVERRIDE', ...(writes ? ['--cap-add', 'FOWNER'] : [])];
	const mounts = [
		...(mount === undefined
			? []
			: [`type=${mount.type},src=${mount.source},dst=${mount.folder}${writes ? '' : ',ro'}`]),
		...(notes ? ['type=bind,src=/tmp,dst=/tmp'] : []),
	];
	const command = [
		...[program, 'run', '--rm', '-i', '--name', name, '--label', `${sessionLabel}=${session}`],
		...['--pull', 'never', '--network', 'none', '--read-only', '--user', '0:0', '--userns', 'host', ...rights],
		...['--security-opt', 'no-new-privileges', '--security-opt', 'label=disable', '--log-driver', 'none'],
		...mounts.flatMap(each => ['--mount', each]),
		...['--entrypoint', '/bin/sh', image],
	];
	const odd = mount !== undefined && !/^[A-Za-z0-9._/@+-]+$/.test(mount.folder) ? mount.folder : undefined;
	if (odd !== undefined) {
		throw new OperatorError('storage.container', `The path ${odd} cannot be mounted into a container.`, {
			hint: 'Use a path of letters, digits and . _ / @ + - only, or write `become: sudo`.',
			exit: 'configuration',
		});
	}

	return {command, refused: said => notStarted(said, {engine, place})};
}
