import {defined} from '../../../domain/defined.ts';
import type {OperatorError} from '../../../domain/errors.ts';
import type {Redact} from '../../../domain/text/redaction.ts';
import type {Processes} from '../../../engine/ports/processes.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import {type Become, sudoRefused} from '../become.ts';
import {seal} from '../envelope.ts';
import {noClient, unreachable} from '../errors.ts';
import {type Environment, spawnChannel} from '../local.ts';
import {runScript} from '../run-script.ts';
import {destinationArguments, parseDestination, sshEnvironment} from '../ssh-program.ts';
import {askHostKey} from './host-key.ts';
import {createSharedConnection, type Prompting} from './shared-connection.ts';
import {causeOf} from './ssh-stderr.ts';

type OpenSshOptions = {
	/** `host`, `user@host:port`, or the name of a Host in ssh_config. */
	destination: string;
	configFile?: string;
	place?: string;
	/** A folder for the shared connection's socket, created with mode 0700. Absent: each command logs in anew. */
	controlFolder?: string;
	environment: Environment;
	processes: Processes;
	/** Letters and digits, new at every call. */
	nonce(): string;
	/** Hides secrets in what the host says, before that is cut. */
	redact?: Redact;
	program?: string;
	/** Absent: the scripts run as the login's own user. */
	become?: Become;
	/** Absent: there is no one to prompt for a passphrase. Needs a shared connection. */
	prompting?: Prompting;
};

const connectTimeoutSeconds = 10;

/** Runs scripts through the system's ssh, with the user's own configuration, jump hosts, certificates and security keys. */
export function createOpenSshShell(options: OpenSshOptions): Shell {
	const {
		destination,
		configFile,
		place = destination,
		controlFolder,
		processes,
		nonce,
		program = 'ssh',
		become,
		prompting,
		redact = text => text,
	} = options;
	const {user, host, port} = parseDestination(destination);
	const hostName = {host, ...defined({port})};
	const target = destinationArguments({...hostName, ...defined({user})}, configFile);
	const environment = sshEnvironment(options.environment);
	const safe = safeOptions();
	const connection = createSharedConnection({
		program,
		options: safe,
		target,
		nonce,
		environment,
		user: processes.user,
		place,
		hostName,
		...defined({folder: controlFolder, prompting}),
	});

	let hostKey: string | undefined;

	return {
		place,
		async hostKey(waiting) {
			hostKey ??= await askHostKey({program, args: [...safe, ...target], environment}, waiting);
			return hostKey;
		},
		async run(request, {signal}) {
			signal.throwIfAborted();
			const sharing = await connection.join({signal});
			const mark = nonce();
			const {command, head} = seal(request, mark, {become});
			const channel = spawnChannel(program, [...safe, ...sharing, ...target, command], {environment, processes});
			const explain = (stderr: string) => {
				const failure = channel.failure();
				if (failure !== undefined) {
					return notStarted(failure, place);
				}

				return (
					causeOf(stderr, place, hostName) ?? request.launcher?.refused(stderr) ?? sudoRefused(become, stderr, place)
				);
			};
			return runScript(channel, {request, nonce: mark, head, place, signal, redact, explain});
		},
		close: connection.close,
	};
}

function notStarted(failure: NodeJS.ErrnoException, place: string): OperatorError {
	return failure.code === 'ENOENT' ? noClient(failure) : unreachable(place, failure.message, failure);
}

/** Options on the command line outrank any configuration file. */
function safeOptions(): string[] {
	const options = [
		'BatchMode=yes',
		'StrictHostKeyChecking=yes',
		// A configuration file could trust these in place of known_hosts.
		'NoHostAuthenticationForLocalhost=no',
		'VerifyHostKeyDNS=no',
		`ConnectTimeout=${connectTimeoutSeconds}`,
		'ServerAliveInterval=15',
		'ServerAliveCountMax=3',
		'ClearAllForwardings=yes',
		'ForwardAgent=no',
		'ForwardX11=no',
		'PermitLocalCommand=no',
		'RemoteCommand=none',
		'EscapeChar=none',
		'UpdateHostKeys=no',
		'LogLevel=ERROR',
	];
	return ['-T', ...options.flatMap(option => ['-o', option])];
}
