import {OperatorError} from '../../domain/errors.ts';
import {type Answer, discard, readSome} from './answer.ts';
import {specErrors} from './spec-errors.ts';

const errorBodyLimit = 64 * 1024;

/** The server asks to be left alone for a while. */
export class Busy extends OperatorError {
	readonly retryAfter: string | undefined;

	constructor(host: string, status: number, retryAfter: string | undefined) {
		super('registry.busy', `${host} is too busy to answer (${status}).`, {
			hint: 'Wait a minute and try again; ask who else is loading the registry.',
			exit: 'unreachable',
			transient: true,
		});
		this.retryAfter = retryAfter;
	}
}

/**
 * Lets through what was expected. Everything else says nothing about the thing that was asked for.
 * @param user whose credentials were sent, if any were
 * @throws OperatorError registry.*
 */
export async function expectStatus(
	answer: Answer,
	expected: readonly number[],
	user: string | undefined,
): Promise<void> {
	if (!expected.includes(answer.status)) {
		throw await refusal(answer, user);
	}

	if (isHtml(answer.header('content-type'))) {
		discard(answer);
		throw notARegistry(answer);
	}
}

/** What a registry says about a thing that it does not have or cannot read. @throws OperatorError registry.not-a-registry */
export async function explanation(answer: Answer, otherwise: string): Promise<string> {
	const text = await readSome(answer, errorBodyLimit);

	if (/^\s*<(?:!doctype|html)/i.test(text)) {
		throw notARegistry(answer);
	}

	return specErrors(text) ?? otherwise;
}

async function refusal(answer: Answer, user: string | undefined): Promise<OperatorError> {
	const {status, host} = answer;
	const text = await readSome(answer, errorBodyLimit);
	const said = specErrors(text);
	const because = said === undefined ? '' : `: ${said}`;

	if (status === 401) {
		return unauthorized(answer, user);
	}

	if (status === 403) {
		return new OperatorError('registry.forbidden', `${host} forbids this${user ? ` to ${user}` : ''}${because}.`, {
			hint: 'Ask for access to this repository, or use other credentials: `regmedic check`.',
			exit: 'refused',
		});
	}

	if (status === 429 || status === 503) {
		return new Busy(host, status, answer.header('retry-after'));
	}

	if (status === 502 || status === 504) {
		return new OperatorError('registry.unreachable', `The proxy at ${host} does not reach the registry (${status}).`, {
			hint: 'Is the registry behind the proxy running, and does the proxy point to it?',
			exit: 'unreachable',
			transient: true,
		});
	}

	if (status >= 300 && status < 400) {
		return redirected(host, answer.header('location'));
	}

	// Go's server and nginx both say it in words, with status 400.
	if (status === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS/i.test(text)) {
		return new OperatorError('registry.tls', `${host} speaks TLS, and was asked in plain HTTP.`, {
			hint: 'Write https:// in the registry’s url, or leave out --plain-http.',
			exit: 'refused',
		});
	}

	if (said === undefined && (isHtml(answer.header('content-type')) || status < 500)) {
		return notARegistry(answer);
	}

	return new OperatorError(
		status >= 500 ? 'registry.failing' : 'registry.unexpected-answer',
		`${host} answers ${status}${because}.`,
		{hint: 'The registry’s log says why.', exit: 'failed'},
	);
}

function unauthorized(answer: Answer, user: string | undefined): OperatorError {
	const {host} = answer;
	const challenge = answer.header('www-authenticate') ?? '';

	if (/\bbearer\b/i.test(challenge) && !/\bbasic\b/i.test(challenge)) {
		return new OperatorError(
			'registry.bearer',
			`${host} wants a token from a token service, which regmedic cannot ask yet.`,
			{
				hint: 'Use an address of the registry that takes a name and a password, or one that allows anonymous reads.',
				exit: 'refused',
			},
		);
	}

	return user === undefined
		? new OperatorError('registry.unauthorized', `${host} asks for credentials, and there are none.`, {
				hint: 'Log in with `docker login`, or set credentials of this registry; then `regmedic check`.',
				exit: 'refused',
			})
		: new OperatorError('registry.unauthorized', `${host} refuses the credentials of ${user}.`, {
				hint: 'Check the name and the password: `regmedic check`.',
				exit: 'refused',
			});
}

export function redirected(host: string, location: string | undefined): OperatorError {
	const elsewhere = location === undefined ? 'nowhere' : originOf(location, host);
	return new OperatorError('registry.redirected', `${host} sends us to ${elsewhere}, where we do not follow.`, {
		hint: 'If that is where the registry lives now, set it as the registry’s url.',
		exit: 'refused',
	});
}

export function notARegistry({host, status}: Answer): OperatorError {
	return new OperatorError('registry.not-a-registry', `${host} answers ${status}, but not as a registry does.`, {
		hint: 'A proxy, a login page or another service may be in the way: check the url with `regmedic check`.',
		exit: 'failed',
	});
}

function isHtml(contentType: string | undefined): boolean {
	return /^\s*(?:text\/html|application\/xhtml)/i.test(contentType ?? '');
}

/** Without the path: it may carry a signature. */
function originOf(location: string, host: string): string {
	return URL.canParse(location) ? new URL(location).origin : `another path of ${host}`;
}
