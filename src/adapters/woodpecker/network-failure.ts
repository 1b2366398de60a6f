import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';

/** The request was never sent: nothing can have changed. */
export function neverSent(error: unknown): boolean {
	return causes(error).some(
		({code, syscall}) =>
			syscall === 'connect' ||
			syscall === 'getaddrinfo' ||
			code === 'UND_ERR_CONNECT_TIMEOUT' ||
			isCertificateCode(code ?? ''),
	);
}

/** @returns OperatorError ci.untrusted | ci.unreachable, which names the reason */
export function networkFailure(host: string, error: unknown): OperatorError {
	const known = causes(error);
	const certificate = known.find(({code}) => isCertificateCode(code ?? ''));

	if (certificate) {
		return new OperatorError('ci.untrusted', `The certificate of ${host} is not trusted: ${certificate.message}.`, {
			hint: 'Install a valid certificate on the CI server, or start regmedic with NODE_EXTRA_CA_CERTS set to the file of its authority.',
			exit: 'refused',
			cause: error,
		});
	}

	const reason = known.map(({code, message}) => code ?? message).at(-1) ?? 'no response';
	return new OperatorError('ci.unreachable', `Can't reach ${host} (${reason}).`, {
		hint: 'Check the CI server, its host name and the network; or build without the CI (the fallback).',
		exit: 'unreachable',
		cause: error,
		transient: true,
	});
}

/** @param order what was requested: `A pipeline of acme/infra` */
export function lostReply(order: string, cause: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${order} was requested, and the response did not arrive.`, {
		hint: 'It may have started. Look for it in the CI before you request it again.',
		exit: 'indeterminate',
		cause,
	});
}

type Cause = {code?: string; syscall?: string; message: string};

/** The error, the errors it wraps, and one for each address of a host name that has several. */
function causes(error: unknown): Cause[] {
	if (!(error instanceof Error)) {
		return [];
	}

	return [
		{message: error.message, ...defined({code: textIn(error, 'code'), syscall: textIn(error, 'syscall')})},
		...(error instanceof AggregateError ? error.errors.flatMap(causes) : []),
		...causes(error.cause),
	];
}

function textIn(error: Error, name: string): string | undefined {
	const value: unknown = Reflect.get(error, name);
	return typeof value === 'string' ? value : undefined;
}

/** @see OpenSSL's X509_V_ERR_* as Node names them */
function isCertificateCode(code: string): boolean {
	return /^(?:CERT_|ERR_TLS_CERT|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code);
}
