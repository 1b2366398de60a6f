import type {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from './waiting.ts';

/** A POSIX shell somewhere: over SSH, or on this machine. */
export type Shell = {
	/** For people: `registry-vm`, `this machine`. */
	readonly place: string;
	run(request: ShellRequest, waiting: Waiting): Promise<ShellResult>;
	/** The fingerprint of the host's key, as `ssh-keygen -l` prints it. Absent: this machine. Undefined: ssh does not tell it. */
	hostKey?(waiting: Waiting): Promise<string | undefined>;
	close(): Promise<void>;
};

/**
 * Starts the script's shell elsewhere than on the host itself: in a container. `command`: plain words, to which the shell's own arguments
 * are added. `refused`: why it did not begin, from what was said instead; undefined: nothing shows it.
 */
export type Launcher = {command: readonly string[]; refused(said: string): OperatorError | undefined};

export type ShellRequest = {
	/** A read may be repeated; a write whose end was not seen is thrown as OperatorError effect.unknown. */
	kind: 'read' | 'write';
	/**
	 * POSIX sh. Its arguments arrive as $1 and on; its standard input is `input`. Never a secret: use `input`. PATH has only
	 * folders that nobody but root and the login's user can change, and `only_ours PATH …` tells whether that is so of others.
	 */
	script: string;
	args?: readonly string[];
	/** An iterable holds standard input open until it ends: a lease that the remote side loses with the connection. */
	input?: string | Uint8Array | AsyncIterable<Uint8Array>;
	timeoutMs: number;
	/** Chunks of standard output as they come; then `stdout` of the result stays empty. */
	onOutput?: (chunk: Uint8Array) => void;
	/** Absent: the host's shell, with the rights that this one was opened with. */
	launcher?: Launcher;
	/** The script writes nothing and looks whether the store could be written to. */
	asWriter?: boolean;
	/** The script keeps the note of a lock in the host's /tmp, though it writes nothing else. */
	keepsNote?: boolean;
};

/** Only ever given for a script whose end was seen. A lost, refused or late one is thrown. */
export type ShellResult = {
	exitCode: number;
	stdout: Uint8Array;
	/** The last 64 KiB. */
	stderr: string;
};
