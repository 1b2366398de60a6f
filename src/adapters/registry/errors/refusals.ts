import {OperatorError} from '../../../domain/errors.ts';
import {parseChallenges} from '../login/challenges.ts';
import {type Answer, discard, readSome} from '../response.ts';
import {type Reason, specErrors} from './error-body.ts';

export const errorBodyLimit = 64 * 1024;

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

/** It failed on this very request: worth a second look, not a third. */
export class Failing extends OperatorError {}

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

/** Why not, as far as the registry says. */
export async function readReason(answer: Answer): Promise<Reason> {
	return reasonIn(await readSome(answer, errorBodyLimit), answer);
}

/** Without the token, should it be said back. */
export function reasonIn(text: string, answer: Answer): Reason {
	const {said, ...reason} = specErrors(text);
	return {...reason, said: said === undefined ? undefined : answer.mask(said)};
}

async function refusal(answer: Answer, user: string | undefined): Promise<OperatorError> {
	return refusalOf(answer, await readSome(answer, errorBodyLimit), user);
}

/** @param text the beginning of the body */
export function refusalOf(answer: Answer, text: string, user: string | undefined): OperatorError {
	const {status, host} = answer;
	const {said, driver} = reasonIn(text, answer);
	const because = said === undefined ? '' : `: ${said}`;

	if (status === 401) {
		return unauthorized(answer, user, because);
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

	if (status === 408) {
		return new OperatorError('registry.unreachable', `${host} gave up waiting for our request (408).`, {
			hint: 'Look at the network between here and the registry.',
			exit: 'unreachable',
			transient: true,
		});
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

	const Kind = status === 500 ? Failing : OperatorError;
	return new Kind(
		status >= 500 ? 'registry.failing' : 'registry.unexpected-answer',
		`${host} answers ${status}${because}.`,
		{
			hint:
				driver === undefined
					? 'The registry’s log says why.'
					: `Its storage (${driver}) fails: look at the disk, the permissions and the open files of the registry’s host.`,
			exit: 'failed',
		},
	);
}

/** @param because what the registry says, after a colon */
function unauthorized(answer: Answer, user: string | undefined, because: string): OperatorError {
	const {host} = answer;
	const bearer = parseChallenges(answer.list('www-authenticate')).find(({scheme}) => scheme === 'bearer');
	const error = bearer?.parameters.get('error');

	// RFC 6750, 3.1; distribution says the first of an expired token, too.
	if (error === 'invalid_token') {
		return new OperatorError('registry.token-refused', `${host} refuses the token that its token service made.`, {
			hint: 'Compare the clocks of both, and issuer, service and certificate in auth.token of the registry.',
			exit: 'refused',
		});
	}

	if (user !== undefined && error === 'insufficient_scope') {
		return new OperatorError('registry.forbidden', `${host} forbids this to ${user}${because}.`, {
			hint: 'Ask for access to this repository, or use other credentials: `regmedic check`.',
			exit: 'refused',
		});
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

/** Where a redirect leads, no credentials go along: only its signature could have let us in. */
export function storeRefuses({host, status}: Answer, registry: string): OperatorError {
	return new OperatorError(
		'registry.forbidden',
		`${host}, where ${registry} sends us for its blobs, refuses us (${status}).`,
		{
			hint: 'Look at the redirects of the registry’s storage: its keys, and the clocks of both.',
			exit: 'refused',
		},
	);
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
