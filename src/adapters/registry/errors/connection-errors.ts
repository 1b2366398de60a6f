import type {ErrorCode} from '../../../domain/error-codes.ts';
import {OperatorError} from '../../../domain/errors.ts';

/** `response`: the headers had arrived, and the body was on its way. */
export type Stage = 'request' | 'response';

/**
 * What an error of Node or undici means for the operator. One that is not known is `registry.unreachable` with its code.
 * @param certificates what was trusted and presented, in sentences
 * @returns codes registry.tls | registry.unreachable | registry.stalled | registry.cut-off | registry.not-a-registry
 */
export function connectionError(error: unknown, host: string, stage: Stage, certificates = ''): OperatorError {
	// Of a proxy, said while its connection was made.
	if (error instanceof OperatorError) {
		return error;
	}

	const code = codeOf(error);
	const tls = tlsErrors.find(({codes}) => codes.test(code));
	if (tls) {
		const hint = tls.isAboutTrust ? `${certificates} ${tls.hint}`.trimStart() : tls.hint;
		return new OperatorError('registry.tls', `${host} ${tls.says}.`, {hint, exit: 'refused', cause: error});
	}

	if (/^HPE_(?!INVALID_EOF_STATE)|^UND_ERR_HEADERS_OVERFLOW$/.test(code)) {
		return new OperatorError('registry.not-a-registry', `${host} does not speak HTTP.`, {
			hint: 'Check the registry’s url and port: `regmedic check`.',
			exit: 'failed',
			cause: error,
		});
	}

	if (stage === 'response' && cutOffCodes.test(code)) {
		return new OperatorError('registry.cut-off', `${host} closed the connection mid-response.`, {
			hint: checkLogAndProxy,
			exit: 'unreachable',
			cause: error,
			transient: true,
		});
	}

	const kind: Omit<(typeof unreachableErrors)[number], 'codes'> = unreachableErrors.find(({codes}) =>
		codes.test(code),
	) ?? {
		says: () => `${host} sent what cannot be understood as HTTP, or the connection failed (${code})`,
		hint: checkLogAndProxy,
	};
	return new OperatorError(kind.code ?? 'registry.unreachable', `${kind.says(host)}.`, {
		hint: kind.hint,
		exit: 'unreachable',
		cause: error,
		transient: kind.transient ?? false,
	});
}

/** The deadline for the whole response has passed, even if bytes are still trickling in. */
export function unfinished(host: string, cause: unknown): OperatorError {
	return new OperatorError('registry.stalled', `${host} did not finish its response in time.`, {
		hint: checkLoad,
		exit: 'unreachable',
		cause,
	});
}

export function proxyUnreachable(proxy: URL, cause: unknown): OperatorError {
	return new OperatorError('registry.proxy-unreachable', `The proxy at ${proxy.host} cannot be reached.`, {
		hint: 'Check HTTPS_PROXY and HTTP_PROXY; NO_PROXY lists hosts that are reached without a proxy.',
		exit: 'unreachable',
		cause,
	});
}

/** @param status of the proxy, for a request or a CONNECT to this host */
export function proxyRefused(proxy: URL, host: string, status: number): OperatorError {
	if (status === 407) {
		const isNamed = proxy.username !== '';
		return new OperatorError(
			'registry.proxy-unauthorized',
			`The proxy at ${proxy.host} ${isNamed ? 'refuses the credentials in its address' : 'requires credentials; its address holds none'}.`,
			{
				hint: 'Set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT; NO_PROXY lists hosts that are reached without a proxy.',
				exit: 'refused',
			},
		);
	}

	return new OperatorError(
		'registry.proxy-refused',
		`The proxy at ${proxy.host} did not connect to ${host} (${status}).`,
		{
			hint: `Check that ${host} is up and that the proxy may reach it. If it needs no proxy, add it to NO_PROXY.`,
			exit: 'unreachable',
			transient: status === 502 || status === 503 || status === 504,
		},
	);
}

const checkLogAndProxy = 'Check the registry’s log and the proxy in front of it.';
const checkLoad = 'Check the load and the disk of the registry’s host, then try again.';

const cutOffCodes =
	/^(?:ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|HPE_INVALID_EOF_STATE)$/;

/** OpenSSL's names for what is wrong with a certificate, as Node puts them in `code`. */
const tlsErrors: {codes: RegExp; says: string; hint: string; isAboutTrust?: true}[] = [
	{
		codes: /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY|DECRYPT)_\w+)$/,
		says: 'presents a certificate that no trusted authority signed',
		hint: 'Set caFile of this registry to its authority’s certificate, then `regmedic check`.',
		isAboutTrust: true,
	},
	{
		codes: /^CERT_HAS_EXPIRED$/,
		says: 'presents a certificate that has expired',
		hint: 'Renew the registry’s certificate, and check the clock of this machine.',
	},
	{
		codes: /^CERT_NOT_YET_VALID$/,
		says: 'presents a certificate that is not valid yet',
		hint: 'Check the clocks of this machine and of the registry.',
	},
	{
		codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
		says: 'presents a certificate for another name',
		hint: 'Use the name in the certificate as the registry’s url.',
	},
	{
		codes: /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE))$/,
		says: 'does not speak TLS on this port',
		hint: 'If it is meant to be plain HTTP, write http:// in its url or pass --plain-http.',
	},
	{
		// Each version of OpenSSL writes another protocol before the alert.
		codes: /^ERR_SSL_\S+_ALERT_(?:CERTIFICATE_\w+|BAD_CERTIFICATE|\w*NO_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/,
		says: 'requires a client certificate it trusts',
		hint: 'Set clientCertificate of this registry to a certificate that its authority signed, and to its key.',
		isAboutTrust: true,
	},
	{
		codes: /^(?:ERR_SSL_|ERR_TLS_|CERT_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)/,
		says: 'and this machine cannot agree on TLS',
		hint: 'Inspect the registry’s certificate: `openssl s_client -connect HOST:PORT`.',
	},
];

const unreachableErrors: {
	codes: RegExp;
	code?: ErrorCode;
	says: (host: string) => string;
	hint: string;
	transient?: boolean;
}[] = [
	{
		codes: /^ECONNREFUSED$/,
		says: host => `Nothing listens at ${host}`,
		hint: 'Check that the registry is running (its container or service), then run `regmedic check`.',
	},
	{
		codes: /^(?:ENOTFOUND|ENODATA|EAI_NODATA|EAI_NONAME|EAI_FAIL)$/,
		says: host => `The name of ${host} cannot be resolved`,
		hint: 'Check the spelling, the DNS and the VPN.',
	},
	{
		codes: /^EAI_AGAIN$/,
		says: host => `The name server did not respond for ${host}`,
		hint: 'Check the DNS and the VPN.',
		transient: true,
	},
	{
		codes: /^(?:UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/,
		says: host => `${host} cannot be reached`,
		hint: 'Check the network, the VPN and the firewall, then `regmedic check`.',
	},
	{
		codes: /^UND_ERR_HEADERS_TIMEOUT$/,
		says: host => `${host} accepted the connection but did not respond`,
		hint: checkLoad,
	},
	{
		codes: /^UND_ERR_BODY_TIMEOUT$/,
		code: 'registry.stalled',
		says: host => `${host} stalled mid-response`,
		hint: checkLoad,
	},
	{
		codes: /^(?:ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|HPE_INVALID_EOF_STATE)$/,
		says: host => `${host} closed the connection without a response`,
		hint: checkLogAndProxy,
		transient: true,
	},
];

/** An error of undici's own has no code: then its name stands for it. */
function codeOf(error: unknown): string {
	if (!(error instanceof Error)) {
		return 'no error given';
	}

	const code = 'code' in error ? error.code : undefined;
	// Undici's parser has no code for a response that is not HTTP from its first byte.
	if (code === undefined && error.name === 'HTTPParserError') {
		return 'HPE_UNKNOWN';
	}

	return typeof code === 'string' && code !== '' ? code : error.name;
}
