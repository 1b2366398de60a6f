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

	// A password here would be visible in the process list, in the CronJob, and in every error.
	if (url.username !== '' || url.password !== '') {
		throw refused(
			'A password must not be in the address of the Pushgateway.',
			'Set PUSHGATEWAY_USER and PUSHGATEWAY_PASSWORD in the environment.',
		);
	}

	if (url.search !== '' || url.hash !== '' || /\/metrics(?:\/|$)/.test(url.pathname)) {
		throw refused(
			`"${text}" has more than the address of the Pushgateway.`,
			'Leave /metrics/job/… out: the job is --job, and the instance is the registry.',
		);
	}

	url.pathname = url.pathname.replace(/\/+$/, '');
	return url;
}

/**
 * The path that names a group of metrics in a Pushgateway.
 * @see prometheus/pushgateway README, "URL": a slash has to be sent as base64url, also one that is percent-encoded
 */
export function groupPath(job: string, labels: Readonly<Record<string, string>>): string {
	return [['job', job] as const, ...Object.entries(labels)].map(([name, value]) => `/${pair(name, value)}`).join('');
}

function pair(name: string, value: string): string {
	// On the way, a value of one or two dots would be read as a folder.
	return /^[A-Za-z0-9_:-]+(?:\.[A-Za-z0-9_:-]+)*$/.test(value)
		? `${name}/${value}`
		: `${name}@base64/${Buffer.from(value).toString('base64url') || '='}`;
}

function withoutUser(text: string): string {
	return text.replace(/\/\/[^/]*@/, '//…@');
}

function refused(message: string, hint: string): OperatorError {
	return new OperatorError('usage.push-url', message, {hint, exit: 'usage'});
}
