import {OperatorError} from '../../../domain/errors.ts';
import type {Engine} from '../../../domain/storage/volume.ts';

type Refusal = {says: RegExp; message: string; hint: string; exit: 'refused' | 'unreachable' | 'configuration'};

/**
 * Why an engine did not start the container, from the command line's own words.
 * @see docker 28: "permission denied while trying to connect to the Docker daemon socket", "Cannot connect to the Docker daemon",
 *   "No such image", "bind source path does not exist", `exec: "/bin/sh": stat /bin/sh: no such file or directory`; podman 4.3:
 *   "image not known", "statfs …: no such file or directory"
 */
const refusals: Refusal[] = [
	{
		says: /permission denied while trying to connect/i,
		message: 'this login may not use docker',
		hint: 'Add it to the group docker on that host (`sudo usermod -aG docker LOGIN`, which grants root), or write `become: sudo`.',
		exit: 'refused',
	},
	{
		says: /cannot connect to the docker daemon|unable to connect to podman/i,
		message: 'the engine’s daemon does not run',
		hint: 'Start it (`systemctl start docker`), or write `become: sudo`, which needs no container.',
		exit: 'unreachable',
	},
	{
		says: /no such image|image not known|unable to find image/i,
		message: 'the image that was chosen is there no more',
		hint: 'Try again, or name another in `storage.image`.',
		exit: 'configuration',
	},
	{
		says: /bind source path does not exist|(?:statfs|lstat) \S+: no such file/i,
		message: 'the folder of the store does not exist',
		hint: 'Give the folder as the host sees it, or the name of the volume (`volume: NAME`).',
		exit: 'configuration',
	},
	{
		says: /\/bin\/sh\S*:? (?:stat \/bin\/sh: )?no such file|"\/bin\/sh" not found|executable file.* not found/i,
		message: 'the image has no /bin/sh',
		hint: 'Name an image that is on that host and has a shell in `storage.image`: busybox, alpine, debian.',
		exit: 'configuration',
	},
];

/** @param said standard error before the script began @returns undefined: nothing was said */
export function notStarted(said: string, {engine, place}: {engine: Engine; place: string}): OperatorError | undefined {
	const lines = said.split('\n').map(line => line.trim());
	const refusal = refusals.find(({says}) => lines.some(line => says.test(line)));
	const line = lines.findLast(each => (refusal === undefined ? each !== '' : refusal.says.test(each)));
	if (line === undefined) {
		return undefined;
	}

	const {message, hint, exit} = refusal ?? {
		message: line.replace(/\.+$/, '').slice(0, 300),
		hint: `Try \`${engine} run --rm --pull never IMAGE true\` on that host with the same login, or write \`become: sudo\`.`,
		exit: 'refused' as const,
	};
	return new OperatorError('storage.container', `${place}: ${engine} did not start the container: ${message}.`, {
		hint,
		exit,
		cause: new Error(line),
	});
}
