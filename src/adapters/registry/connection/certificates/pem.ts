import {readFileSync, statSync} from 'node:fs';

/** @throws an error with a code, or a message, where it cannot be read: a pipe or a device would be waited for without end */
export function regularText(file: string): string {
	if (!statSync(file).isFile()) {
		throw new Error('it is not a regular file');
	}

	return readFileSync(file, 'utf8');
}

/** OpenSSL takes a text without any certificate for an empty list, and then trusts nothing in addition. */
export function holdsCertificate(text: string): boolean {
	return text.includes('-----BEGIN CERTIFICATE-----');
}

/** Why a file could not be read: `EACCES`. */
export function whyUnread(error: unknown): string {
	return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
