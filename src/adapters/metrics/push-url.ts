import {OperatorError} from '../../domain/errors.ts';

/**
 * The base address of a Pushgateway, with its route prefix if it has one.
 * @throws OperatorError usage.push-url
 */
export function parsePushUrl(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol)) {
		throw refused(`"${withoutUser(text)}" is not the address of a Pushgateway.`, 'Write --push http://HOST:9091.');
	}

	// It would stand in the process list, in the CronJob, and in every error.
	if (url.username !== '' || url.password !== '') {
		throw refused(
			'A password must not stand in the address of the Pushgateway.',
			'Set PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD in the environment.',
		);
	}

	if (url.search !== '' || url.hash !== '' || /\/metrics(?:\/|$)/.test(url.pathname)) {
		throw refused(
			`"${text}" is more than the address of the Pushgateway.`,
			'Leave /metrics/job/… out: the job is --job, and the instance is the registry.',
		);
	}

	url.pathname = url.pathname.replace(/\/+$/, '');
	return url;
}

function withoutUser(text: string): string {
	return text.replace(/\/\/[^/]*@/, '//…@');
}

function refused(message: string, hint: string): OperatorError {
	return new OperatorError('usage.push-url', message, {hint, exit: 'usage'});
}
