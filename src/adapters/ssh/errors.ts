import {OperatorError} from '../../domain/errors.ts';
import type {ShellRequest} from '../../engine/ports/shell.ts';

/** A host may say megabytes without a line end. */
const longestAside = 300;

/** Both transports end in the same errors. None of these were tried again by us. */

export type HostKeyTrouble = 'unknown' | 'changed' | 'revoked';

/** How a host is named where its key is looked up: `vm.example`, port 22. */
export type HostName = {host: string; port?: number; knownHostsFile?: string};

export function hostKeyRefused(
	trouble: HostKeyTrouble,
	place: string,
	{host, port = 22, knownHostsFile: named}: HostName,
	cause?: unknown,
	more = '',
): OperatorError {
	const knownHostsFile = named ?? '~/.ssh/known_hosts';
	// The system's ssh does not say which file it looked in.
	const orAnother = named === undefined ? ' (or the file that UserKnownHostsFile in ssh_config names)' : '';
	const scan = `ssh-keyscan -p ${port} ${host}`;
	const name = port === 22 ? host : `'[${host}]:${port}'`;
	const said = {
		unknown: `The host key of ${place} is not known.${more}`,
		changed: `The host key of ${place} is not the one that is known.${more}`,
		revoked: `The host key of ${place} is revoked.${more}`,
	};
	const hints = {
		unknown: `Compare \`${scan} | ssh-keygen -lf -\` with the fingerprint the host's owner names; if they are the same: \`${scan} >> ${knownHostsFile}\`${orAnother}.`,
		changed: `Somebody may be in between. Ask the host's owner; only if they replaced the key: \`ssh-keygen -R ${name} -f ${knownHostsFile}\`, then \`${scan} | ssh-keygen -lf -\` to compare, then \`${scan} >> ${knownHostsFile}\`.`,
		revoked: `Do not connect. Ask the host's owner why its key is revoked in ${knownHostsFile}.`,
	};
	const codes = {
		unknown: 'ssh.host-key-unknown',
		changed: 'ssh.host-key-changed',
		revoked: 'ssh.host-key-revoked',
	} as const;
	return new OperatorError(codes[trouble], said[trouble], {hint: hints[trouble], exit: 'refused', cause});
}

export function unauthorized(place: string, detail: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.unauthorized', `${place} refuses the login${aside(detail)}.`, {
		hint: 'Load a key it accepts (`ssh-add -l` lists those in the agent), or name another user in ssh_config.',
		exit: 'refused',
		cause,
	});
}

export function unreachable(place: string, detail: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.unreachable', `Can't reach ${place} over SSH${aside(detail)}.`, {
		hint: 'Check the name, the port and the network between.',
		exit: 'unreachable',
		transient: true,
		cause,
	});
}

export function noClient(cause?: unknown): OperatorError {
	return new OperatorError('ssh.no-client', 'There is no ssh program on this machine.', {
		hint: 'Install the OpenSSH client, or choose the built-in one with `--transport ssh2`.',
		exit: 'configuration',
		cause,
	});
}

export function misconfigured(detail: string, hint: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.config', `SSH is not set up for this${aside(detail)}.`, {
		hint,
		exit: 'configuration',
		cause,
	});
}

/** The connection went away before the end of the script was seen. */
export function lost(kind: ShellRequest['kind'], place: string, detail: string, cause?: unknown): OperatorError {
	if (kind === 'write') {
		return unknownEffect(`The connection to ${place} ended before the command's result came${aside(detail)}`, cause);
	}

	return new OperatorError('ssh.lost', `The connection to ${place} was lost${aside(detail)}.`, {
		hint: 'Nothing was changed. Try again.',
		exit: 'unreachable',
		transient: true,
		cause,
	});
}

export function late(kind: ShellRequest['kind'], place: string, timeoutMs: number): OperatorError {
	const seconds = Math.round(timeoutMs / 100) / 10;
	if (kind === 'write') {
		return unknownEffect(`A command on ${place} did not end within ${seconds} s`);
	}

	return new OperatorError('ssh.timeout', `A command on ${place} did not end within ${seconds} s.`, {
		hint: 'Nothing was changed. See whether the host is overloaded, then try again.',
		exit: 'unreachable',
		transient: true,
	});
}

function unknownEffect(message: string, cause?: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${message}: the change may or may not have happened.`, {
		hint: 'Look at the host before anything is tried again.',
		exit: 'indeterminate',
		cause,
	});
}

function aside(detail: string): string {
	const line = detail.trim().split('\n').at(-1)?.trim().replace(/\.+$/, '') ?? '';
	return line === '' ? '' : `: ${line.length > longestAside ? `${line.slice(0, longestAside)}…` : line}`;
}
