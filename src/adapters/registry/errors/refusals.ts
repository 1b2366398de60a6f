import {OperatorError} from '../../../domain/errors.ts';
import {readRateLimit, sayRateLimit} from '../../../domain/rate-limit.ts';
import {whoLogsIn} from '../../../domain/registry-login.ts';
import {parseChallenges, repositoryOf} from '../login/challenges.ts';
import {type LoginWay, sayWay} from '../login/way.ts';
import {isHtml, type RegistryResponse} from '../response.ts';
import {type ErrorBody, readErrorBody} from './error-body.ts';
import type {FailureReason} from './failure-reason.ts';

/** The registry asked for a pause (429, 503). */
export class RegistryBusy extends OperatorError {
	readonly retryAfter: string | undefined;

	/** @param said in the registry's words, after a colon */
	constructor({host, status, header}: RegistryResponse, said: string) {
		const retryAfter = header('retry-after');
		const rate = readRateLimit(header('ratelimit-remaining'), header('ratelimit-limit'));
		const isUsedUp = status === 429 && rate?.remaining === 0;
		super(
			'registry.busy',
			isUsedUp
				? `${host} limits its requests (429): ${sayRateLimit(rate)}${said}.`
				: `${host} is too busy to respond (${status})${said}.`,
			{
				hint: isUsedUp
					? 'No image is damaged by that. Log in, which raises most limits, or try again later.'
					: 'Wait a minute and try again. Check what else is putting load on the registry.',
				exit: 'unreachable',
				// A window of hours is not waited for.
				transient: !isUsedUp || retryAfter !== undefined,
			},
		);
		this.retryAfter = retryAfter;
	}
}

/** The registry failed on this very request (500): worth a second attempt, not a third. */
export class RegistryFailing extends OperatorError {}

/** Who refused whom. */
type Parties = {
	/** The registry's host, where another may have responded. */
	registry?: string;
	/** How the request had logged in. Absent: not known here. */
	way?: LoginWay;
};

/** What a response means that says nothing about the requested thing itself. Reads its body. */
export async function refusalFor(response: RegistryResponse, parties: Parties): Promise<OperatorError> {
	return refusal(response, await readErrorBody(response), parties);
}

/** The same where its body has been read. */
export function refusal(response: RegistryResponse, body: ErrorBody, {registry, way}: Parties): OperatorError {
	const {status, host} = response;
	const {text, message} = body;
	const reason = message === undefined ? '' : `: ${message}`;
	const said = message ?? body.ofTokenService;
	const refusal = said === undefined ? '' : `: ${said.replace(/\.$/, '')}`;

	if (registry !== undefined && registry !== host && (status === 401 || status === 403)) {
		return blobStoreRefused(response, registry);
	}

	if (status === 401) {
		return unauthorized(response, way, refusal);
	}

	if (status === 403) {
		return forbidden(host, way, refusal);
	}

	if (status === 429 || status === 503) {
		return new RegistryBusy(response, refusal);
	}

	if (status === 408) {
		return new OperatorError('registry.unreachable', `${host} timed out waiting for the request (408).`, {
			hint: 'Check the network between this machine and the registry.',
			exit: 'unreachable',
			transient: true,
		});
	}

	if (status === 502 || status === 504) {
		return new OperatorError('registry.unreachable', `The proxy at ${host} cannot reach the registry (${status}).`, {
			hint: 'Check that the registry behind the proxy is running and that the proxy points to it.',
			exit: 'unreachable',
			transient: true,
		});
	}

	if (status >= 300 && status < 400) {
		return redirectRefused(host, response.header('location'));
	}

	// Go's server and nginx both say it in words, with status 400.
	if (status === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS/i.test(text)) {
		return new OperatorError('registry.tls', `${host} requires TLS, but the request was plain HTTP.`, {
			hint: 'Write https:// in the registry’s url, or leave out --plain-http.',
			exit: 'refused',
		});
	}

	if (message === undefined && (isHtml(response) || status < 500)) {
		return notARegistry(response);
	}

	if (status >= 500 && body.reason !== undefined) {
		return failureFor(response, body.reason, reason);
	}

	return failing(response, reason);
}

/** @param said in the registry's words, after a colon */
function failing({status, host}: RegistryResponse, said: string): OperatorError {
	const Kind = status === 500 ? RegistryFailing : OperatorError;
	return new Kind(
		status >= 500 ? 'registry.failing' : 'registry.unexpected-answer',
		`${host} responded ${status}${said}.`,
		{hint: 'The registry’s log says why.', exit: 'failed'},
	);
}

/** The registry says why it failed, and that is not the image. */
function failureFor(response: RegistryResponse, {kind, words, driver}: FailureReason, said: string): OperatorError {
	const {host, status} = response;

	switch (kind) {
		case 'storage':
			return new RegistryFailing(
				'registry.storage',
				`${host} responded ${status}: its storage${driver === undefined ? '' : ` (${driver})`} fails: ${words}.`,
				{
					hint: words.startsWith('too many open files')
						? 'Raise the limit of open files of the registry’s process, or lower its load. No image is damaged by that.'
						: 'Check the disk, the mount, the permissions and the open files of the registry’s host.',
					exit: 'failed',
				},
			);

		case 'upstream':
			return new OperatorError(
				'registry.upstream',
				`${host} is a pull-through cache, and its upstream does not serve it: ${words}.`,
				{
					hint: 'Check the upstream, its rate limit and the cache’s login there. No image is damaged by that.',
					exit: 'failed',
				},
			);

		case 'old-form':
			return new OperatorError(
				'manifest.schema1',
				`This is a schema 1 manifest, which ${host} stores and no longer serves.`,
				{
					hint: 'Convert the image with an older registry and `skopeo copy --format v2s2`, or rebuild it.',
					exit: 'indeterminate',
				},
			);

		default:
			return failing(response, said);
	}
}

/** @param said in the server's words, after a colon */
function unauthorized(response: RegistryResponse, way: LoginWay | undefined, said: string): OperatorError {
	const {host} = response;
	const bearer = parseChallenges(response.list('www-authenticate')).find(({scheme}) => scheme === 'bearer');
	const error = bearer?.parameters.get('error');

	// RFC 6750, 3.1. distribution says invalid_token of an expired token, too.
	if (error === 'invalid_token') {
		return new OperatorError('registry.token-refused', `${host} refuses the token that its token service issued.`, {
			hint: 'Compare the clocks of both, and check issuer, service and certificate in auth.token of the registry.',
			exit: 'refused',
		});
	}

	const {login} = way ?? {};
	// The login was good for a token: what is refused is this repository.
	if (login && (way?.hasToken || error === 'insufficient_scope')) {
		return forbidden(host, way, said);
	}

	const steps = way ? sayWay(way) : '';
	return login
		? new OperatorError('registry.unauthorized', `${host} refuses the credentials of ${whoLogsIn(login)}${said}.`, {
				hint: `${steps} Correct them there, or log in again; then \`regmedic check\`.`.trimStart(),
				exit: 'refused',
			})
		: new OperatorError('registry.unauthorized', `${host} requires credentials; none are configured${said}.`, {
				hint: `${steps} Log in with \`docker login\` or \`podman login\`, or set credentials of this registry.`.trimStart(),
				exit: 'refused',
			});
}

function forbidden(host: string, way: LoginWay | undefined, said: string): OperatorError {
	const repository = repositoryOf(way?.scope ?? '');
	const what = repository === undefined ? 'this' : `access to ${repository}`;
	const to = way?.login ? ` to ${whoLogsIn(way.login)}` : '';
	return new OperatorError('registry.forbidden', `${host} forbids ${what}${to}${said}.`, {
		hint: `${way ? sayWay(way) : ''} Request access, or use other credentials: \`regmedic check\`.`.trimStart(),
		exit: 'refused',
	});
}

/** No credentials go along with a redirect to another host: only the signature in its URL could have let the request in. */
function blobStoreRefused({host, status}: RegistryResponse, registry: string): OperatorError {
	return new OperatorError(
		'registry.forbidden',
		`${registry} redirects blobs to ${host}, which refuses the request (${status}).`,
		{
			hint: 'Check the storage keys in the configuration of the registry, and the clocks of both hosts.',
			exit: 'refused',
		},
	);
}

export function redirectRefused(host: string, location: string | undefined): OperatorError {
	const target = location === undefined ? 'without naming a target' : `to ${targetOf(location, host)}`;
	return new OperatorError('registry.redirected', `${host} redirects ${target}; regmedic does not follow it.`, {
		hint: 'If the registry has moved there, set that as the registry’s url.',
		exit: 'refused',
	});
}

export function notARegistry({host, status}: RegistryResponse): OperatorError {
	return new OperatorError('registry.not-a-registry', `${host} responded ${status}, but not as a registry would.`, {
		hint: 'A proxy, a login page or another service may be in the way: check the url with `regmedic check`.',
		exit: 'failed',
	});
}

/** Without the path: it may carry a signature. */
function targetOf(location: string, host: string): string {
	return URL.canParse(location) ? new URL(location).origin : `another path of ${host}`;
}
