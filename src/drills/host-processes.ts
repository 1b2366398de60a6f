/** The processes of this machine, as the simulated host needs them. */
export type HostProcesses = {
	/** The path of the Node that the host's own programs run on. */
	readonly node: string;
	/**
	 * Sends a signal to a process or, with a negative id, to its whole group. Signal 0 only asks whether it exists.
	 * @throws an error with `code`: ESRCH, there is no such process; EPERM, it belongs to another user
	 */
	kill(id: number, signal: NodeJS.Signals | 0): void;
};
