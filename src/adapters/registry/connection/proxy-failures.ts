import {OperatorError} from '../../../domain/errors.ts';

export function proxyUnreachable(proxy: URL, cause: unknown): OperatorError {
	return new OperatorError('registry.proxy-unreachable', `The proxy at ${proxy.host} cannot be reached.`, {
		hint: 'Check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names hosts that are reached without it.',
		exit: 'unreachable',
		cause,
	});
}

export function proxyRefuses(proxy: URL, host: string, status: number): OperatorError {
	if (status === 407) {
		const isNamed = proxy.username !== '';
		return new OperatorError(
			'registry.proxy-unauthorized',
			`The proxy at ${proxy.host} ${isNamed ? 'refuses the credentials in its address' : 'asks for credentials'}.`,
			{
				hint: 'Set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT; NO_PROXY names hosts that are reached without it.',
				exit: 'refused',
			},
		);
	}

	return new OperatorError(
		'registry.proxy-refused',
		`The proxy at ${proxy.host} does not connect us to ${host} (${status}).`,
		{
			hint: `Is ${host} up, and may the proxy reach it? If the proxy is not meant for it, add it to NO_PROXY.`,
			exit: 'unreachable',
			// As with any gateway.
			transient: status === 502 || status === 503 || status === 504,
		},
	);
}
