import type {Redaction} from './domain/text/redaction.ts';
import type {Processes} from './engine/ports/processes.ts';

/** What a command gets from the outside. Only cli.ts makes one. */
export type Invocation = {
	flags: CommonFlags;
	environment: Record<string, string | undefined>;
	/** The working directory. */
	folder: string;
	/** Where runbooks/ and dist/ are. */
	home: string;
	version: string;
	/** The login name of the person. */
	actor: string;
	processes: Processes;
	terminal: Terminal;
	/** Absent: nobody sits at a terminal who could be asked by ssh. */
	foreground?: Foreground;
	/** Learns every secret that is read; what is printed and said goes through it. */
	redaction: Redaction;
	/** Data, to standard output. */
	print(text: string): void;
	/** Talk, to standard error. */
	talk(text: string): void;
	/** Aborted by ctrl-c and its like. */
	signal: AbortSignal;
};

export type CommonFlags = {config?: string; json: boolean; plain: boolean; color: boolean; verbose: boolean};

export type Terminal = {
	stdin: NodeJS.ReadStream;
	stdout: NodeJS.WriteStream;
	/** Where progress is shown, and taken away again. */
	stderr?: {isTTY?: boolean; columns?: number};
	/** Keys can be read and a screen can be drawn. */
	interactive: boolean;
	colors: boolean;
	unicode: boolean;
	/** Stops this process as ctrl-z does; resolves when it is continued. */
	suspend(): Promise<void>;
};

/** The terminal, which a screen, or a program that asks its person, has for itself. */
export type Foreground = {
	/** Does something while no screen is drawn and no key is read. One after the other. */
	run(work: () => Promise<void>): Promise<void>;
	/** Whoever draws or reads says how it steps aside. @returns ends that */
	take(stepAside: (work: () => Promise<void>) => Promise<void>): () => void;
};
