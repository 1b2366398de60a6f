import type {Duplex} from 'node:stream';
import {type SecureContext, TLSSocket} from 'node:tls';
import {buildConnector} from 'undici';
import type {RegistryOptions} from '../options.ts';
import {checkAuthorities, contextPresenting, contextTrusting, readAuthority} from './certificates/contexts.ts';
import {hostCertificates, hostFolders} from './certificates/host-folders.ts';
import {authoritiesBesideNode} from './certificates/machine-authorities.ts';

export type Connectors = Record<Side, {connect: buildConnector.connector; requestTls(): TlsOptions}> & {
	/** What is trusted and presented, in sentences, for messages. */
	says(): string;
};

/** The registry, and every other host: token services, and the targets of redirects. */
export type Side = 'registry' | 'elsewhere';

type TlsOptions = {rejectUnauthorized: true; secureContext?: SecureContext};
type TlsFiles = Pick<RegistryOptions, 'host' | 'ca' | 'caFile' | 'clientCertificate' | 'machine'>;

/**
 * Connectors that trust Node's authorities, this machine's and the private ones. The client certificate is presented to the
 * registry only, and only its own certificate is told. Configured files are read now, so that a mistake in the configuration
 * shows before the first request; the machine's many with the first connection by TLS.
 * @throws OperatorError registry.ca-unreadable | registry.client-certificate
 */
export function connectorsFor(
	{host, ca, caFile, clientCertificate, machine}: TlsFiles,
	timeoutMs: number,
	onCertificate: (fingerprint: string) => void,
): Connectors {
	const ofHost = machine && hostCertificates(host, machine);
	const client = clientCertificate ?? ofHost?.client;
	const own = [
		...(ca === undefined ? [] : [ca]),
		...(caFile === undefined ? [] : [readAuthority(caFile)]),
		...(ofHost?.authorities ?? []).map(({pem}) => pem),
	];
	const files = [...(caFile === undefined ? [] : [caFile]), ...(ofHost?.authorities ?? []).map(({file}) => file)];
	if (own.length > 0) {
		checkAuthorities(own, files);
	}

	if (client !== undefined) {
		contextPresenting([], client);
	}

	const authorities = once((): readonly string[] => {
		const ofMachine = machine ? authoritiesBesideNode(machine) : [];
		return own.length === 0 ? ofMachine : [...own, ...ofMachine];
	});
	const elsewhere = once(() => (authorities().length === 0 ? undefined : contextTrusting(authorities())));
	const registry = client === undefined ? elsewhere : once(() => contextPresenting(authorities(), client));

	return {
		registry: connector(registry, timeoutMs, onCertificate),
		elsewhere: connector(elsewhere, timeoutMs),
		says: () =>
			[
				files.length > 0 && `Trusted beside the usual authorities: ${files.join(', ')}.`,
				client && `Presented: ${client.certFile}.`,
				ofHost && ofHost.unread.length > 0 && `Not read: ${ofHost.unread.join('; ')}.`,
				machine && files.length === 0 && `docker and podman look in ${hostFolders(host, machine).at(-1)}.`,
			]
				.filter(Boolean)
				.join(' '),
	};
}

function connector(
	context: () => SecureContext | undefined,
	timeout: number,
	onCertificate: (fingerprint: string) => void = () => {},
): Connectors[Side] {
	const requestTls = once((): TlsOptions => {
		const secureContext = context();
		// NODE_TLS_REJECT_UNAUTHORIZED=0, set for some other program, would switch it off.
		return {rejectUnauthorized: true, ...(secureContext && {secureContext})};
	});
	// One connection carries one request: what a closed connection means is only clear in HTTP/1.1.
	const plain = buildConnector({timeout, allowH2: false});
	const byTls = once(() => buildConnector({timeout, allowH2: false, ...requestTls()}));
	return {
		requestTls,
		connect(options, callback) {
			const connect = options.protocol === 'https:' ? byTls() : plain;
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

function once<T>(make: () => T): () => T {
	let made: {value: T} | undefined;
	return () => {
		made ??= {value: make()};
		return made.value;
	};
}
