/** What regmedic needs to know of its own process, and to do to those that it started. */
export type Processes = {
	/** The id of this process. */
	readonly own: number;
	/** The path of the Node that this process runs on. */
	readonly node: string;
	/** The numeric id of the user that this process runs as; undefined where the system has none. */
	readonly user: number | undefined;
	/**
	 * Sends a signal to a process or, with a negative id, to its whole group. Signal 0 only asks whether it exists.
	 * @throws an error with `code`: ESRCH, there is no such process; EPERM, it belongs to another user
	 */
	kill(id: number, signal: NodeJS.Signals | 0): void;
};

/** To a program that was started in a group of its own, and to all that it started. @param leader undefined: it never ran */
export function endGroup(leader: number | undefined, signal: 'SIGTERM' | 'SIGKILL', processes: Processes): void {
	if (leader !== undefined) {
		try {
			processes.kill(-leader, signal);
		} catch {
			// It has ended by itself.
		}
	}
}
