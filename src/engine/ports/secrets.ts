import type {RegistryLogins} from '../../domain/registry-login.ts';
import type {Redact, RedactedStream} from '../../domain/text/redaction.ts';

/** Of a service that takes a name and a password. */
export type Credentials = {username: string; password: string};

export type Secrets = {
	/** The logins of a registry host; undefined: anonymous. @throws OperatorError credentials.* */
	registry(host: string): Promise<RegistryLogins>;
	/** Hides every known secret, in any usual encoding. */
	redact: Redact;
	/** The same for a log that comes in pieces. */
	redactLog(): RedactedStream;
};
