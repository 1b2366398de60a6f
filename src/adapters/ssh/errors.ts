import {OperatorError} from '../../domain/errors.ts';
import type {ShellRequest} from '../../engine/ports/shell.ts';

/** Both transports throw these errors. regmedic has not retried any of them. */

/** A host may print megabytes without a line end. */
const longestDetail = 300;

type HostKeyTrouble = 'unknown' | 'changed' | 'revoked';

/** The name under which the key of a host is looked up: `vm.example`, port 22. */
export type HostName = {host: string; port?: number; knownHostsFile?: string};

/** @param detail further sentences for the message */
export function hostKeyRefused(
	trouble: HostKeyTrouble,
	place: string,
	{host, port = 22, knownHostsFile: named}: HostName,
	{detail = '', cause}: {detail?: string; cause?: unknown} = {},
): OperatorError {
	const knownHostsFile = named ?? '~/.ssh/known_hosts';
	// The system's ssh does not tell which file it searched.
	const orAnother = named === undefined ? ' (or to the file that UserKnownHostsFile in ssh_config names)' : '';
	const scan = `ssh-keyscan -p ${port} ${host}`;
	const compare = `\`${scan} | ssh-keygen -lf -\``;
	const add = `\`${scan} >> ${knownHostsFile}\``;
	const name = port === 22 ? host : `'[${host}]:${port}'`;
	const messages = {
		unknown: `The host key of ${place} is not known.`,
		changed: `The host key of ${place} is not the known one.`,
		revoked: `The host key of ${place} is revoked.`,
	};
	const hints = {
		unknown: `Ask the host's owner for the key's fingerprint and compare it with ${compare}. If they match, add the key: ${add}${orAnother}.`,
		changed: `Someone may be intercepting the connection. Ask the host's owner whether they replaced the key. Only if they did: \`ssh-keygen -R ${name} -f ${knownHostsFile}\`, compare with ${compare}, then ${add}.`,
		revoked: `Do not connect. Ask the host's owner why its key is revoked in ${knownHostsFile}.`,
	};
	const message = detail === '' ? messages[trouble] : `${messages[trouble]} ${detail}`;
	const codes = {
		unknown: 'ssh.host-key-unknown',
		changed: 'ssh.host-key-changed',
		revoked: 'ssh.host-key-revoked',
	} as const;
	return new OperatorError(codes[trouble], message, {hint: hints[trouble], exit: 'refused', cause});
}

export function unauthorized(place: string, detail: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.unauthorized', `${place} refuses the login${lastLine(detail)}.`, {
		hint: 'Load a key that it accepts (`ssh-add -l` lists those in the agent), or set another user in ssh_config.',
		exit: 'refused',
		cause,
	});
}

export function unreachable(place: string, detail: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.unreachable', `Can't reach ${place} over SSH${lastLine(detail)}.`, {
		hint: 'Check its name, its port, and the network between here and there.',
		exit: 'unreachable',
		transient: true,
		cause,
	});
}

export function noClient(cause?: unknown): OperatorError {
	return new OperatorError('ssh.no-client', 'There is no ssh program on this machine.', {
		hint: 'Install the OpenSSH client, or use the built-in client with `--transport ssh2`.',
		exit: 'configuration',
		cause,
	});
}

export function misconfigured(detail: string, hint: string, cause?: unknown): OperatorError {
	return new OperatorError('ssh.config', `SSH is not configured for this${lastLine(detail)}.`, {
		hint,
		exit: 'configuration',
		cause,
	});
}

/** The connection ended before the end of the script. */
export function connectionLost(
	kind: ShellRequest['kind'],
	place: string,
	detail: string,
	cause?: unknown,
): OperatorError {
	if (kind === 'write') {
		return unknownEffect(
			`The connection to ${place} ended before the command's result arrived${lastLine(detail)}`,
			cause,
		);
	}

	return new OperatorError('ssh.lost', `The connection to ${place} was lost${lastLine(detail)}.`, {
		hint: 'Nothing was changed. Try again.',
		exit: 'unreachable',
		transient: true,
		cause,
	});
}

export function scriptTooLate(kind: ShellRequest['kind'], place: string, timeoutMs: number): OperatorError {
	const seconds = Math.round(timeoutMs / 100) / 10;
	const message = `A command on ${place} did not end within ${seconds} s`;
	if (kind === 'write') {
		return unknownEffect(message);
	}

	return new OperatorError('ssh.timeout', `${message}.`, {
		hint: 'Nothing was changed. Check whether the host is overloaded, then try again.',
		exit: 'unreachable',
		transient: true,
	});
}

function unknownEffect(message: string, cause?: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${message}. The change may or may not have happened.`, {
		hint: 'Check the state of the host before you try anything again.',
		exit: 'indeterminate',
		cause,
	});
}

/** The last line of a detail, after a colon; nothing where there is none. */
function lastLine(detail: string): string {
	const line = detail.trim().split('\n').at(-1)?.trim().replace(/\.+$/, '') ?? '';
	return line === '' ? '' : `: ${line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line}`;
}
