import {OperatorError} from '../../domain/errors.ts';

/** Destinations go to ssh's argv and from there into %-tokens of the user's config: only what a host name needs. */
export type Destination = {user?: string; host: string; port?: number};

/** @throws OperatorError ssh.destination */
export function parseDestination(text: string): Destination {
	const found =
		/^(?:ssh:\/\/)?(?:(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?<host>[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::(?<port>[0-9]{1,5}))?\/?$/.exec(
			text,
		);
	const port = found?.groups?.port;

	if (!found || text.length > 320 || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
		throw new OperatorError('ssh.destination', `"${text}" is not an SSH destination.`, {
			hint: 'Write it as host, user@host, user@host:port, or the name of a Host in ssh_config.',
			exit: 'usage',
		});
	}

	const {user, host} = found.groups as {user?: string; host: string};
	return {
		host: host.replace(/^\[|\]$/g, ''),
		...(user === undefined ? {} : {user}),
		...(port === undefined ? {} : {port: Number(port)}),
	};
}
