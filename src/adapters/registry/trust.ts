import {readFileSync} from 'node:fs';
import {createSecureContext, getCACertificates, type SecureContext} from 'node:tls';
import {OperatorError} from '../../domain/errors.ts';

/** The usual authorities and the private one. Built once: reading some 150 certificates takes milliseconds. */
export function trustOf({ca, caFile}: {ca?: string; caFile?: string}): SecureContext | undefined {
	const own = [...(ca === undefined ? [] : [ca]), ...(caFile === undefined ? [] : [readAuthority(caFile)])];

	if (own.length === 0) {
		return undefined;
	}

	try {
		return createSecureContext({ca: [...getCACertificates('default'), ...own]});
	} catch (error) {
		throw new OperatorError('registry.ca-unreadable', `${caFile ?? 'The given CA'} does not hold a PEM certificate.`, {
			hint: 'Point caFile to the certificate of the authority that signed the registry.',
			exit: 'configuration',
			cause: error,
		});
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
