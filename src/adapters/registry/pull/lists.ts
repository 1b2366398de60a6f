import {OperatorError} from '../../../domain/errors.ts';
import type {CatalogueEnd} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readErrorBody} from '../errors/error-body.ts';
import {readNotServed} from '../errors/not-served.ts';
import {notARegistry} from '../errors/refusals.ts';
import {catalogueScope, pullScope} from '../request.ts';
import type {RegistryResponse} from '../response.ts';
import type {Transport} from '../transport.ts';
import {parentsOmittedAt} from './omitted-parents.ts';
import {pagesOf} from './pages.ts';

/** The most that distribution accepts. A registry that accepts less refuses it. @see distribution: docs/spec/api, "Catalog" */
const largestPage = '_catalog?n=1000';

/** All tags of a repository. Undefined: the repository does not exist. @throws OperatorError registry.* */
export async function listTags(
	transport: Transport,
	repository: string,
	waiting: Waiting,
): Promise<string[] | undefined> {
	let tags: Set<string> | undefined;
	const list = {
		path: `${repository}/tags/list`,
		scope: pullScope(repository),
		field: 'tags',
		isAlwaysPaged: false,
		async admit(response: RegistryResponse) {
			await transport.expectStatus(response, [200, 404]);
			if (response.status === 200) {
				return {kind: 'page'} as const;
			}

			await readNotServed(response, 'manifest');
			return {kind: 'missing'} as const;
		},
	};

	for await (const {names} of pagesOf(transport, list, waiting)) {
		tags ??= new Set();
		for (const name of names) {
			tags.add(name);
		}
	}

	return tags && [...tags];
}

/**
 * Every repository, page by page as it is consumed. A name may come twice.
 * @throws OperatorError registry.no-catalogue | registry.*
 */
export async function* listRepositories(transport: Transport, waiting: Waiting): AsyncGenerator<string, CatalogueEnd> {
	const pages = pagesOf(
		transport,
		{
			path: largestPage,
			scope: catalogueScope,
			field: 'repositories',
			isAlwaysPaged: true,
			admit: (response: RegistryResponse) => admitCatalogue(response, transport),
		},
		waiting,
	);
	const omitted = new Set<string>();

	for (;;) {
		const {done, value} = await pages.next();
		if (done) {
			return {...value, mayOmit: [...omitted]};
		}

		const {names, isCut} = value;
		for (const parent of isCut ? parentsOmittedAt(names.at(-1) ?? '') : []) {
			omitted.add(parent);
		}

		yield* names;
	}
}

async function admitCatalogue(
	response: RegistryResponse,
	transport: Transport,
): Promise<{kind: 'page'} | {kind: 'instead'; path: string}> {
	const {status, host} = response;

	if (status === 404) {
		const {isHtml, message} = await readErrorBody(response);
		throw isHtml ? notARegistry(response) : noCatalogue(host, message ?? 'it responded 404');
	}

	if ([400, 405, 416, 422, 501].includes(status)) {
		const {codes, message} = await readErrorBody(response);
		const hasNoCatalogue = status === 405 || status === 501 || codes.includes('UNSUPPORTED');

		if (!hasNoCatalogue && response.url.href.endsWith(largestPage)) {
			return {kind: 'instead', path: '_catalog'};
		}

		if (hasNoCatalogue) {
			throw noCatalogue(host, message ?? `it responded ${status}`);
		}

		throw new OperatorError(
			'registry.unexpected-answer',
			`${host} responded ${status}: ${message ?? 'no reason given'}.`,
			{
				hint: 'The registry’s log says why.',
				exit: 'failed',
			},
		);
	}

	try {
		await transport.expectStatus(response, [200]);
	} catch (error) {
		throw status === 401 || status === 403 ? withWayRound(error) : error;
	}

	return {kind: 'page'};
}

/** Who may not list repositories may read some of them all the same. */
function withWayRound(error: unknown): unknown {
	if (!(error instanceof OperatorError)) {
		return error;
	}

	const {code, message, hint, exit, cause} = error;
	return new OperatorError(code, message, {hint: `${hint} ${withoutCatalogue}`, exit, cause});
}

const withoutCatalogue =
	'Name what to look at: `probe --repositories FILE` (- for standard input, one a line), `probe --images FILE` (`regmedic usage --images` prints such), or `repositories` below the registry in the configuration. Or allow GET /v2/_catalog in the registry and in the proxy in front of it.';

function noCatalogue(host: string, reason: string): OperatorError {
	return new OperatorError('registry.no-catalogue', `${host} does not list its repositories: ${reason}.`, {
		hint: withoutCatalogue,
		exit: 'failed',
	});
}
