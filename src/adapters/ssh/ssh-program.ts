import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Environment} from './local.ts';

/**
 * A destination goes into ssh's argv, and from there into %-tokens of the user's configuration, so it may hold only what
 * a host name needs.
 */
export type Destination = {user?: string; host: string; port?: number};

/** @throws OperatorError ssh.destination */
export function parseDestination(text: string): Destination {
	const found =
		/^(?:ssh:\/\/)?(?:(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?<host>[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::(?<port>[0-9]{1,5}))?\/?$/.exec(
			text,
		);
	const {user, host, port} = found?.groups ?? {};

	if (host === undefined || text.length > 320 || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
		throw new OperatorError('ssh.destination', `"${text}" is not an SSH destination.`, {
			hint: 'Write host, user@host, user@host:port, or the name of a Host in ssh_config.',
			exit: 'usage',
		});
	}

	return {
		host: host.replace(/^\[|\]$/g, ''),
		...defined({user, port: port === undefined ? undefined : Number(port)}),
	};
}

/** Ends the options on ssh's command line with those that name the host. */
export function destinationArguments({user, host, port}: Destination, configFile?: string): string[] {
	return [
		...(configFile === undefined ? [] : ['-F', configFile]),
		...(port === undefined ? [] : ['-p', `${port}`]),
		'--',
		user === undefined ? host : `${user}@${host}`,
	];
}

const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'XDG_RUNTIME_DIR', 'KRB5CCNAME'];

/** What ssh needs of regmedic's environment; tokens and passwords in it are not passed on. */
export function sshEnvironment(environment: Environment): Environment {
	return {LC_ALL: 'C', ...defined(Object.fromEntries(passedOn.map(name => [name, environment[name]])))};
}
