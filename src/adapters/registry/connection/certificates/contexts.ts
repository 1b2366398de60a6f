import {createSecureContext, getCACertificates, type SecureContext} from 'node:tls';
import {OperatorError} from '../../../../domain/errors.ts';
import {holdsCertificate, regularText, whyUnread} from './pem.ts';

/** @param files that they come from, for the error @throws OperatorError registry.ca-unreadable */
export function checkAuthorities(pems: readonly string[], files: readonly string[]): void {
	try {
		createSecureContext({ca: [...pems]});
	} catch (error) {
		const named = files.length === 0 ? 'The given CA' : files.join(' or ');
		throw new OperatorError('registry.ca-unreadable', `${named} does not hold a PEM certificate.`, {
			hint: 'Point caFile to the certificate of the authority that signed the registry’s.',
			exit: 'configuration',
			cause: error,
		});
	}
}

const trusting = new WeakMap<readonly string[], SecureContext>();

/** Trusts Node's authorities and these. Built once for one list: reading some 150 certificates takes milliseconds. */
export function contextTrusting(further: readonly string[]): SecureContext {
	const context = trusting.get(further) ?? createSecureContext({ca: withDefault(further)});
	trusting.set(further, context);
	return context;
}

/** The same, and presents a client certificate. @throws OperatorError registry.client-certificate */
export function contextPresenting(
	further: readonly string[],
	{certFile, keyFile}: {certFile: string; keyFile: string},
): SecureContext {
	const unusable = (message: string, cause: unknown) =>
		new OperatorError('registry.client-certificate', message, {
			hint: 'A client certificate is a PEM file, and so is its key, which must not be encrypted.',
			exit: 'configuration',
			cause,
		});
	const read = (file: string): string => {
		try {
			return regularText(file);
		} catch (error) {
			throw unusable(`${file} cannot be read: ${whyUnread(error)}.`, error);
		}
	};
	const [cert, key] = [read(certFile), read(keyFile)];

	try {
		return createSecureContext({...(further.length > 0 && {ca: withDefault(further)}), cert, key});
	} catch (error) {
		// OpenSSL's message names its error and nothing of the key.
		throw unusable(`${certFile} and ${keyFile} are not a client certificate and its key.`, error);
	}
}

/** @throws OperatorError registry.ca-unreadable */
export function readAuthority(file: string): string {
	let text = '';
	let cause: unknown;

	try {
		text = regularText(file);
	} catch (error) {
		cause = error;
	}

	if (!holdsCertificate(text)) {
		throw new OperatorError('registry.ca-unreadable', `${file} cannot be read as a PEM certificate.`, {
			hint: 'Point caFile to a readable file with the certificate of the authority that signed the registry’s.',
			exit: 'configuration',
			cause,
		});
	}

	return text;
}

function withDefault(further: readonly string[]): string[] {
	return [...getCACertificates('default'), ...further];
}
