import type {Invocation} from '../../invocation.ts';

/** `regmedic` alone: what is open, and what can be done. */
export async function home(invocation: Invocation): Promise<number> {
	const [{incidents}, {sayHome}] = await Promise.all([
		import('../incidents/incidents.ts'),
		import('../../plain/session/say-home.ts'),
	]);
	invocation.talk(`regmedic ${invocation.version}: guided recovery for container registries.\n\n`);
	await incidents({}, invocation);
	// Talk goes to standard error.
	const {stderr} = invocation.terminal;
	const lines = sayHome(stderr?.isTTY ? stderr.columns : undefined);
	invocation.talk(`\n${lines.join('\n')}\n`);
	return 0;
}
