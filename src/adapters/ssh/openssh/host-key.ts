import {execa} from 'execa';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import type {Environment} from '../local.ts';

const timeoutMs = 30_000;

/**
 * The fingerprint of the key by which ssh knows the host. A shared connection does not tell it, so ssh connects once more; it prints
 * the key before it logs in, and no login is needed. Behind a jump host the last key is the host's.
 * @see openssh-portable sshconnect.c, verify_host_key: debug("Server host key: %s %s%s")
 * @param args options and target
 */
export async function askHostKey(
	{program, args, environment}: {program: string; args: readonly string[]; environment: Environment},
	{signal}: Waiting,
): Promise<string | undefined> {
	// -v outranks the LogLevel among the options.
	const own = ['-v', '-o', 'ControlMaster=no', '-o', 'ControlPath=none'];
	const {stderr} = await execa(program, [...own, ...args, 'true'], {
		reject: false,
		stdin: 'ignore',
		stdout: 'ignore',
		timeout: timeoutMs,
		cancelSignal: signal,
		detached: true,
		extendEnv: false,
		env: {...environment},
	});
	signal.throwIfAborted();
	return [...stderr.matchAll(/^debug1: Server host key: \S+ (SHA256:[A-Za-z0-9+/]{43})/gm)].at(-1)?.[1];
}
