import {readFileSync} from 'node:fs';
import {createSecureContext, getCACertificates, type SecureContext} from 'node:tls';
import {OperatorError} from '../../../domain/errors.ts';
import type {RegistryOptions} from '../options.ts';

/** Whom we trust, and what is shown of ourselves: at home the client certificate, elsewhere nothing. */
export type Trust = {home: SecureContext | undefined; away: SecureContext | undefined};

/**
 * The usual authorities and the private one, read now: a mistake in the configuration shows before anything is asked.
 * @throws OperatorError registry.ca-unreadable | registry.client-certificate
 */
export function trustOf({
	ca,
	caFile,
	clientCertificate,
}: Pick<RegistryOptions, 'ca' | 'caFile' | 'clientCertificate'>): Trust {
	const own = [...(ca === undefined ? [] : [ca]), ...(caFile === undefined ? [] : [readAuthority(caFile)])];
	// Built once: reading some 150 certificates takes milliseconds.
	const authorities = own.length === 0 ? {} : {ca: [...getCACertificates('default'), ...own]};
	const away = own.length === 0 ? undefined : trusting(authorities, caFile);
	const home = clientCertificate === undefined ? away : showing(authorities, clientCertificate);
	return {home, away};
}

function trusting(authorities: {ca?: string[]}, caFile: string | undefined): SecureContext {
	try {
		return createSecureContext(authorities);
	} catch (error) {
		throw new OperatorError('registry.ca-unreadable', `${caFile ?? 'The given CA'} does not hold a PEM certificate.`, {
			hint: 'Point caFile to the certificate of the authority that signed the registry.',
			exit: 'configuration',
			cause: error,
		});
	}
}

function showing(
	authorities: {ca?: string[]},
	{certFile, keyFile}: {certFile: string; keyFile: string},
): SecureContext {
	const unusable = (message: string, cause: unknown) =>
		new OperatorError('registry.client-certificate', message, {
			hint: 'Point clientCertificate to a PEM certificate and to its PEM key, which is not encrypted.',
			exit: 'configuration',
			cause,
		});
	const read = (file: string): string => {
		try {
			return readFileSync(file, 'utf8');
		} catch (error) {
			throw unusable(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, error);
		}
	};
	const [cert, key] = [read(certFile), read(keyFile)];

	try {
		return createSecureContext({...authorities, cert, key});
	} catch (error) {
		// What OpenSSL says names its error, and nothing of the key.
		throw unusable(`${certFile} and ${keyFile} are not a client certificate and its key.`, error);
	}
}

function readAuthority(file: string): string {
	let text = '';
	let cause: unknown;

	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		cause = error;
	}

	// OpenSSL takes a file without any certificate for an empty list, and then trusts nothing more than before.
	if (!text.includes('-----BEGIN CERTIFICATE-----')) {
		throw new OperatorError('registry.ca-unreadable', `${file} cannot be read as a PEM certificate.`, {
			hint: 'Point caFile to a readable file with the certificate of the authority that signed the registry.',
			exit: 'configuration',
			cause,
		});
	}

	return text;
}
