import {OperatorError} from '../../domain/errors.ts';

/** The request never left: nothing can have changed. */
export function neverSent(error: unknown): boolean {
	return causes(error).some(
		({code, syscall}) =>
			syscall === 'connect' ||
			syscall === 'getaddrinfo' ||
			code === 'UND_ERR_CONNECT_TIMEOUT' ||
			isCertificateCode(code ?? ''),
	);
}

/** What kept a request from being answered, for a person. */
export function networkFault(place: string, error: unknown): OperatorError {
	const known = causes(error);
	const certificate = known.find(({code}) => isCertificateCode(code ?? ''));

	if (certificate) {
		return new OperatorError('ci.untrusted', `The certificate of ${place} is not trusted: ${certificate.message}.`, {
			hint: 'Have the CI serve a valid certificate, or start regmedic with NODE_EXTRA_CA_CERTS naming its authority.',
			exit: 'refused',
			cause: error,
		});
	}

	const why = known.map(({code, message}) => code ?? message).at(-1) ?? 'no answer';
	return new OperatorError('ci.unreachable', `Can't reach ${place} (${why}).`, {
		hint: 'Look at the CI server, its name and the way to it; or build without it (the fallback).',
		exit: 'unreachable',
		cause: error,
		transient: true,
	});
}

/** A change was asked for and the answer never came. */
export function lostReply(what: string, cause: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${what} was asked for, and the answer did not arrive.`, {
		hint: 'It may have started. Look for it on the CI before asking again.',
		exit: 'indeterminate',
		cause,
	});
}

type Cause = {code?: string; syscall?: string; message: string};

/** The error, what it wraps, and the tries of a name with several addresses. */
function causes(error: unknown): Cause[] {
	if (!(error instanceof Error)) {
		return [];
	}

	const {code, syscall} = error as {code?: unknown; syscall?: unknown};
	return [
		{
			message: error.message,
			...(typeof code === 'string' ? {code} : {}),
			...(typeof syscall === 'string' ? {syscall} : {}),
		},
		...(error instanceof AggregateError ? error.errors.flatMap(causes) : []),
		...causes(error.cause),
	];
}

/** @see OpenSSL's X509_V_ERR_* as Node names them */
function isCertificateCode(code: string): boolean {
	return /^(?:CERT_|ERR_TLS_CERT|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code);
}
