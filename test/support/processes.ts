import type {Processes} from '../../src/engine/ports/processes.ts';

/** Those of the test run. */
export const processes: Processes = {
	own: process.pid,
	node: process.execPath,
	user: process.getuid?.(),
	kill: (id, signal) => void process.kill(id, signal),
};
