import type {Redaction} from './domain/text/redaction.ts';
import type {Processes} from './engine/ports/processes.ts';

/** Everything that a command is given from outside. Only cli.ts makes one. */
export type Invocation = {
	flags: CommonFlags;
	environment: Record<string, string | undefined>;
	/** The working directory. */
	folder: string;
	/** The folder of regmedic, with runbooks/ and dist/. */
	home: string;
	version: string;
	/** The login name of the person. */
	actor: string;
	processes: Processes;
	terminal: Terminal;
	/** Absent: nobody sits at a terminal, so ssh cannot ask for a password. */
	foreground?: Foreground;
	/** Learns every secret that is read. Everything that is printed goes through it. */
	redaction: Redaction;
	/** Prints data, to standard output. */
	print(text: string): void;
	/** Prints messages and progress, to standard error. */
	talk(text: string): void;
	/** Aborted by ctrl-c and other signals that end the process. */
	signal: AbortSignal;
};

export type CommonFlags = {config?: string; json: boolean; plain: boolean; color: boolean; verbose: boolean};

export type Terminal = {
	stdin: NodeJS.ReadStream;
	stdout: NodeJS.WriteStream;
	/** The width of standard output right now. Undefined: it is not a terminal, or does not tell. */
	columns(): number | undefined;
	/** Where progress is drawn and erased. */
	stderr?: {isTTY?: boolean; columns?: number};
	/** Keys can be read and a screen can be drawn. */
	interactive: boolean;
	colors: boolean;
	unicode: boolean;
	/** Stops this process as ctrl-z does; resolves when it is continued. */
	suspend(): Promise<void>;
};

/** Shares the terminal between the screen and a program that asks the person, such as ssh. */
export type Foreground = {
	/** Runs work while no screen is drawn and no key is read. One piece of work after the other. */
	run(work: () => Promise<void>): Promise<void>;
	/**
	 * Called by whatever draws or reads, as long as it does.
	 * @param stepAside stops drawing and reading, does the work, and goes on
	 * @returns ends that
	 */
	take(stepAside: (work: () => Promise<void>) => Promise<void>): () => void;
};
