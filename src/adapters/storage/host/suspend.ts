import type {Suspension} from '../../../domain/hold/suspension.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

/** docker waits ten seconds for a container before it kills it. */
const stopTimeoutMs = 60_000;

const stop = `PATH=$PATH:/usr/local/bin
case $1 in
systemctl) systemctl $3 stop "$2" ;;
docker | podman) "$1" stop "$2" ;;
*) exit 64 ;;
esac </dev/null
`;

/** Stops a timer, a service or a container of the host, once. @throws OperatorError effect.unknown */
export async function suspendOnHost(
	{program, name, isUser}: Extract<Suspension, {kind: 'command'}>,
	{shell, signal}: Waiting & {shell: Shell},
): Promise<{exitCode: number; output: string}> {
	const args = [program, name, ...(isUser ? ['--user'] : [])];
	const request = {kind: 'write', script: stop, args, timeoutMs: stopTimeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
}
