export type Credentials = {username: string; password: string};

export type Secrets = {
	/** Credentials for a registry host; undefined: anonymous. @throws OperatorError credentials.* */
	registry(host: string): Promise<Credentials | undefined>;
	/** Hides every known secret, in any usual encoding. */
	redact(text: string): string;
};
