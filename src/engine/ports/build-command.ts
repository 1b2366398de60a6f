import type {Waiting} from './waiting.ts';

/** How a command ended. `exitCode`: absent where it was killed, or did not end in time. */
export type CommandEnd = {exitCode?: number; output: string};

/** The operator's own command line for a CI that regmedic has no adapter for. It runs on this machine, without a shell. */
export type BuildCommand = {
	/** As a person reads it. */
	readonly command: string;
	readonly follow?: string;
	/** Where the program of the command is, and that of `follow`, or why it would not start. Nothing is run. */
	programs(): Promise<({at: string} | {why: string})[]>;
	/** Orders a build. The request id is `{request}` in its arguments, and REGMEDIC_REQUEST in its environment. */
	order(request: string, waiting: Listening): Promise<CommandEnd>;
	/** Waits for the build, where a command for that is configured. */
	wait(request: string, waiting: Listening): Promise<CommandEnd>;
};

type Listening = Waiting & {timeoutMs: number; log(text: string): void};
