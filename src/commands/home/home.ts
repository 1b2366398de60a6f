import {exitCodes} from '../../domain/errors.ts';
import type {Invocation} from '../../invocation.ts';
import {sayHome} from '../../plain/session/say-home.ts';
import {incidents} from '../incidents/incidents.ts';

/** `regmedic` alone: the open incidents, and the commands to begin with. */
export async function home(invocation: Invocation): Promise<number> {
	invocation.talk(`regmedic ${invocation.version}: guided recovery for container registries.\n\n`);
	await incidents({}, invocation);
	// Talk goes to standard error: its width counts.
	const {stderr} = invocation.terminal;
	const lines = sayHome(stderr?.isTTY ? stderr.columns : undefined);
	invocation.talk(`\n${lines.join('\n')}\n`);
	return exitCodes.done;
}
