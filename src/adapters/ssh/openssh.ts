import {execa} from 'execa';
import type {OperatorError} from '../../domain/errors.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import {controlPathIn} from './control-path.ts';
import {parseDestination} from './destination.ts';
import {createEntrance, type Prompting} from './entrance.ts';
import {seal} from './envelope.ts';
import {noClient, unreachable} from './errors.ts';
import {runOver} from './running.ts';
import {type Environment, spawned, sshEnvironment} from './spawned.ts';
import {causeOf} from './ssh-stderr.ts';

export type OpenSshOptions = {
	/** `host`, `user@host:port`, or the name of a Host in ssh_config. */
	destination: string;
	configFile?: string;
	place?: string;
	/** A folder of ours for the shared connection's socket, made with mode 0700. Without it each command logs in anew. */
	controlFolder?: string;
	environment: Environment;
	/** Letters and digits, new at every call. */
	nonce(): string;
	program?: string;
	/** Absent: nobody is there to be asked for a passphrase. Needs a shared connection. */
	prompting?: Prompting;
};

const connectTimeoutSeconds = 10;
const closeTimeoutMs = 5000;

/** The system's ssh, with the user's own config, jump hosts, certificates and security keys. */
export function createOpenSshShell(options: OpenSshOptions): Shell {
	const {
		destination,
		configFile,
		place = destination,
		controlFolder,
		environment,
		nonce,
		program = 'ssh',
		prompting,
	} = options;
	const {user, host, port} = parseDestination(destination);
	const name = {host, ...(port === undefined ? {} : {port})};
	const target = ['--', user === undefined ? host : `${user}@${host}`];
	const where = [
		...(configFile === undefined ? [] : ['-F', configFile]),
		...(port === undefined ? [] : ['-p', `${port}`]),
	];
	const env = sshEnvironment(environment);
	let control: Promise<string | undefined> | undefined;
	let entrance: ReturnType<typeof createEntrance> | undefined;

	return {
		place,
		async run(request, {signal}) {
			signal.throwIfAborted();
			control ??= controlFolder === undefined ? Promise.resolve(undefined) : controlPathIn(controlFolder, nonce());
			const controlPath = await control;
			if (prompting !== undefined && controlPath !== undefined) {
				entrance ??= createEntrance(
					{program, target: [...where, ...target], controlPath, environment: env, place, name, prompting},
					safeOptions,
				);
				await entrance({signal});
			}

			const mark = nonce();
			const {command, head} = seal(request, mark);
			const argv = [...safeOptions, ...shared(controlPath), ...where, ...target, command];
			const channel = spawned(program, argv, env);
			const explain = (stderr: string) => {
				const failure = channel.failure();
				return failure === undefined ? causeOf(stderr, place, name) : notStarted(failure, place);
			};
			return runOver(channel, {request, nonce: mark, head, place, signal, explain});
		},
		async close() {
			const controlPath = await control;
			if (controlPath !== undefined) {
				const argv = [...where, '-o', `ControlPath=${controlPath}`, '-O', 'exit', ...target];
				await execa(program, argv, {
					reject: false,
					stdio: 'ignore',
					timeout: closeTimeoutMs,
					extendEnv: false,
					env: {...env},
				});
			}
		},
	};
}

function notStarted(failure: NodeJS.ErrnoException, place: string): OperatorError {
	return failure.code === 'ENOENT' ? noClient(failure) : unreachable(place, failure.message, failure);
}

/** Given on the command line, so they win over any config file. */
const safeOptions = [
	'-T',
	...[
		'BatchMode=yes',
		'StrictHostKeyChecking=yes',
		// What a config file may put in place of known_hosts.
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
	].flatMap(option => ['-o', option]),
];

function shared(controlPath: string | undefined): string[] {
	return controlPath === undefined
		? ['-o', 'ControlMaster=no', '-o', 'ControlPath=none']
		: ['-o', 'ControlMaster=auto', '-o', `ControlPath=${controlPath}`, '-o', 'ControlPersist=60'];
}
