import type {Redact, RedactedStream} from '../../domain/text/redaction.ts';

export type Credentials = {username: string; password: string};

export type Secrets = {
	/** Credentials for a registry host; undefined: anonymous. @throws OperatorError credentials.* */
	registry(host: string): Promise<Credentials | undefined>;
	/** Hides every known secret, in any usual encoding. */
	redact: Redact;
	/** The same for a log that comes in pieces. */
	redactLog(): RedactedStream;
};
