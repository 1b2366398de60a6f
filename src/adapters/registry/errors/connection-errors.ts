import type {ErrorCode} from '../../../domain/error-codes.ts';
import {OperatorError} from '../../../domain/errors.ts';

/** `reading`: the headers were there, the body was on its way. */
export type Phase = 'asking' | 'reading';

/**
 * What an error of a socket means for the operator. Undefined for anything that is not the network's doing.
 * @returns codes registry.tls | registry.unreachable | registry.stalled | registry.cut-off | registry.not-a-registry
 */
export function networkFailure(error: unknown, host: string, phase: Phase): OperatorError | undefined {
	const code = codeOf(error);

	if (code === undefined) {
		return undefined;
	}

	const trust = trustFailures.find(({codes}) => codes.test(code));
	if (trust) {
		return new OperatorError('registry.tls', `${host} ${trust.says}.`, {
			hint: trust.hint,
			exit: 'refused',
			cause: error,
		});
	}

	if (/^HPE_(?!INVALID_EOF_STATE)|^UND_ERR_HEADERS_OVERFLOW$/.test(code)) {
		return new OperatorError('registry.not-a-registry', `${host} does not answer in HTTP.`, {
			hint: 'Check the registry’s url and port: `regmedic check`.',
			exit: 'failed',
			cause: error,
		});
	}

	if (phase === 'reading' && cuts.test(code)) {
		return new OperatorError('registry.cut-off', `${host} cut its answer off in the middle.`, {
			hint: 'Look at the registry’s log and at the proxy in front of it.',
			exit: 'unreachable',
			cause: error,
			transient: true,
		});
	}

	const kind = unreachables.find(({codes}) => codes.test(code));
	if (kind) {
		return new OperatorError(kind.code ?? 'registry.unreachable', `${kind.says(host)}.`, {
			hint: kind.hint,
			exit: 'unreachable',
			cause: error,
			transient: kind.transient ?? false,
		});
	}

	return undefined;
}

/** The time for the whole answer is over, though some of it may still be trickling in. */
export function stalled(host: string, cause?: unknown): OperatorError {
	return new OperatorError('registry.stalled', `${host} does not come to the end of its answer.`, {
		hint: 'Look at the load and the disk of the registry’s host, then try again.',
		exit: 'unreachable',
		cause,
	});
}

const cuts =
	/^(?:ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|HPE_INVALID_EOF_STATE)$/;

/** OpenSSL's names for what is wrong with a certificate, as Node puts them in `code`. */
const trustFailures: {codes: RegExp; says: string; hint: string}[] = [
	{
		codes: /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY|DECRYPT)_\w+)$/,
		says: 'shows a certificate that no trusted authority signed',
		hint: 'Set caFile of this registry to its authority’s certificate, then `regmedic check`.',
	},
	{
		codes: /^CERT_HAS_EXPIRED$/,
		says: 'shows a certificate that has expired',
		hint: 'Renew the registry’s certificate; and check the clock of this machine.',
	},
	{
		codes: /^CERT_NOT_YET_VALID$/,
		says: 'shows a certificate that is not valid yet',
		hint: 'Check the clock of this machine and of the registry.',
	},
	{
		codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
		says: 'shows a certificate made for another name',
		hint: 'Use the name that the certificate is for as the registry’s url.',
	},
	{
		codes: /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE))$/,
		says: 'does not speak TLS on this port',
		hint: 'If it is meant to be plain HTTP, write http:// in its url or pass --plain-http.',
	},
	{
		// Each OpenSSL writes the protocol before it in another way.
		codes: /^ERR_SSL_\S+_ALERT_(?:CERTIFICATE_\w+|BAD_CERTIFICATE|\w*NO_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/,
		says: 'wants a certificate of ours that it trusts',
		hint: 'Set clientCertificate of this registry to a certificate that its authority signed, and to its key.',
	},
	{
		codes: /^(?:ERR_SSL_|ERR_TLS_|CERT_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)/,
		says: 'and this machine cannot agree on TLS',
		hint: 'Look at the registry’s certificate: `openssl s_client -connect HOST:PORT`.',
	},
];

const unreachables: {
	codes: RegExp;
	code?: ErrorCode;
	says: (host: string) => string;
	hint: string;
	transient?: boolean;
}[] = [
	{
		codes: /^ECONNREFUSED$/,
		says: host => `Nothing listens at ${host}`,
		hint: 'Is the registry running? Look at its container or service, then `regmedic check`.',
	},
	{
		codes: /^(?:ENOTFOUND|ENODATA|EAI_NODATA|EAI_NONAME|EAI_FAIL)$/,
		says: host => `The name of ${host} cannot be resolved`,
		hint: 'Check the spelling, the DNS and the VPN.',
	},
	{
		codes: /^EAI_AGAIN$/,
		says: host => `The name server does not answer for ${host}`,
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
		says: host => `${host} accepts the connection and does not answer`,
		hint: 'Look at the load and the disk of the registry’s host, then try again.',
	},
	{
		codes: /^UND_ERR_BODY_TIMEOUT$/,
		code: 'registry.stalled',
		says: host => `${host} began to answer and then fell silent`,
		hint: 'Look at the load and the disk of the registry’s host, then try again.',
	},
	{
		codes: /^(?:ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|HPE_INVALID_EOF_STATE)$/,
		says: host => `${host} closed the connection without an answer`,
		hint: 'Look at the registry’s log and at the proxy in front of it.',
		transient: true,
	},
];

function codeOf(error: unknown): string | undefined {
	const {code, name} = (error ?? {}) as {code?: unknown; name?: unknown};

	// Undici's parser has no code for an answer that is not HTTP from its first byte.
	if (code === undefined && name === 'HTTPParserError') {
		return 'HPE_UNKNOWN';
	}

	return typeof code === 'string' ? code : undefined;
}
