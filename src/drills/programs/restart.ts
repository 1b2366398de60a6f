import {requestLoopback} from '../images/loopback-request.ts';
import {type ProgramContext, ProgramFailure} from './context.ts';

/** Plays `docker compose restart registry`. */
export async function restart({world, out, work}: ProgramContext): Promise<void> {
	await work(300);
	const response = await requestLoopback(`http://127.0.0.1:${world.ports.control}/restart`, {
		method: 'POST',
		headers: {Authorization: `Bearer ${world.controlToken}`},
		signal: AbortSignal.timeout(10_000),
	}).catch(() => undefined);

	if (response?.status !== 204) {
		throw new ProgramFailure(1, 'Error response from daemon: the registry did not restart');
	}

	out(' Container registry-private-1  Restarting');
	out(' Container registry-private-1  Started');
}
