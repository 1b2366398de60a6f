import type {Shell} from '../../engine/ports/shell.ts';
import {seal} from './envelope.ts';
import {runOver} from './running.ts';
import {type Environment, spawned} from './spawned.ts';

export type LocalShellOptions = {
	/** Ours where absent. */
	environment?: Environment;
	place?: string;
	/** Letters and digits, new at every call. */
	nonce(): string;
};

/** The same scripts on this machine. */
export function createLocalShell({environment, place = 'this machine', nonce}: LocalShellOptions): Shell {
	return {
		place,
		async run(request, {signal}) {
			signal.throwIfAborted();
			const mark = nonce();
			const {argv, head} = seal(request, mark);
			const channel = spawned('sh', argv, environment);
			return runOver(channel, {request, nonce: mark, head, place, signal, explain: () => undefined});
		},
		close: async () => {},
	};
}
