import {readFileSync, statSync} from 'node:fs';
import type {Duplex} from 'node:stream';
import {createSecureContext, getCACertificates, type SecureContext, TLSSocket} from 'node:tls';
import {buildConnector} from 'undici';
import {OperatorError} from '../../../domain/errors.ts';
import type {RegistryOptions} from '../options.ts';

export type Connectors = Record<'registry' | 'elsewhere', {connect: buildConnector.connector; requestTls: TlsOptions}>;

type TlsOptions = {rejectUnauthorized: true; secureContext?: SecureContext};
type TlsFiles = Pick<RegistryOptions, 'ca' | 'caFile' | 'clientCertificate'>;

/**
 * Connectors that trust the default authorities and the private one. The client certificate is presented to the registry
 * only, and only its own is told. Files are read now, so that a mistake in the configuration shows before the first request.
 * @throws OperatorError registry.ca-unreadable | registry.client-certificate
 */
export function connectorsFor(
	{ca, caFile, clientCertificate}: TlsFiles,
	timeoutMs: number,
	onCertificate: (fingerprint: string) => void,
): Connectors {
	const own = [ca, caFile === undefined ? undefined : readAuthority(caFile)].filter(pem => pem !== undefined);
	// Built once: reading some 150 certificates takes milliseconds.
	const authorities = own.length === 0 ? {} : {ca: [...getCACertificates('default'), ...own]};
	const elsewhere = own.length === 0 ? undefined : contextTrusting(authorities, caFile);
	const registry = clientCertificate === undefined ? elsewhere : contextPresenting(authorities, clientCertificate);
	return {registry: connector(registry, timeoutMs, onCertificate), elsewhere: connector(elsewhere, timeoutMs)};
}

function connector(
	secureContext: SecureContext | undefined,
	timeout: number,
	onCertificate: (fingerprint: string) => void = () => {},
): Connectors['registry'] {
	// NODE_TLS_REJECT_UNAUTHORIZED=0, set for some other program, would switch it off.
	const requestTls: TlsOptions = {rejectUnauthorized: true, ...(secureContext && {secureContext})};
	// One connection carries one request: what a closed connection means is only clear in HTTP/1.1.
	const connect = buildConnector({timeout, allowH2: false, ...requestTls});
	return {
		requestTls,
		connect(options, callback) {
			connect(options, (...result) => {
				const [, socket] = result;
				socket?.on('error', endWithAlert);
				const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
				if (certificate !== undefined) {
					onCertificate(certificate.fingerprint256);
				}

				callback(...result);
			});
		},
	};
}

/**
 * With TLS 1.3 a server says only after the handshake that it refuses the client certificate, and then closes the connection.
 * Undici would report only the closing.
 */
function endWithAlert(this: Duplex, error: NodeJS.ErrnoException): void {
	if (error.code?.startsWith('ERR_SSL_')) {
		this.destroy(error);
	}
}

function contextTrusting(authorities: {ca?: string[]}, caFile: string | undefined): SecureContext {
	try {
		return createSecureContext(authorities);
	} catch (error) {
		throw new OperatorError('registry.ca-unreadable', `${caFile ?? 'The given CA'} does not hold a PEM certificate.`, {
			hint: 'Point caFile to the certificate of the authority that signed the registry’s.',
			exit: 'configuration',
			cause: error,
		});
	}
}

function contextPresenting(
	authorities: {ca?: string[]},
	{certFile, keyFile}: {certFile: string; keyFile: string},
): SecureContext {
	const unusable = (message: string, cause: unknown) =>
		new OperatorError('registry.client-certificate', message, {
			hint: 'Point clientCertificate to a PEM certificate and to its PEM key, which must not be encrypted.',
			exit: 'configuration',
			cause,
		});
	const read = (file: string): string => {
		try {
			return regularText(file);
		} catch (error) {
			throw unusable(
				`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}.`,
				error,
			);
		}
	};
	const [cert, key] = [read(certFile), read(keyFile)];

	try {
		return createSecureContext({...authorities, cert, key});
	} catch (error) {
		// OpenSSL's message names its error and nothing of the key.
		throw unusable(`${certFile} and ${keyFile} are not a client certificate and its key.`, error);
	}
}

function readAuthority(file: string): string {
	let text = '';
	let cause: unknown;

	try {
		text = regularText(file);
	} catch (error) {
		cause = error;
	}

	// OpenSSL takes a file without any certificate for an empty list, and then trusts nothing in addition.
	if (!text.includes('-----BEGIN CERTIFICATE-----')) {
		throw new OperatorError('registry.ca-unreadable', `${file} cannot be read as a PEM certificate.`, {
			hint: 'Point caFile to a readable file with the certificate of the authority that signed the registry’s.',
			exit: 'configuration',
			cause,
		});
	}

	return text;
}

/** A pipe or a device would be waited for, and nothing could end that. */
function regularText(file: string): string {
	if (!statSync(file).isFile()) {
		throw new Error('it is not a regular file');
	}

	return readFileSync(file, 'utf8');
}
