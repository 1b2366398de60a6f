import * as v from 'valibot';
import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {redirectRefused} from '../errors/refusals.ts';
import {type RegistryResponse, readAll} from '../response.ts';
import {withRetries} from '../retry.ts';
import type {Transport} from '../transport.ts';

const mostPages = 100_000;
/** distribution 2.8 sends all tags in one response. */
const pageLimit = 32 * 1024 * 1024;

type PagedList = {
	path: string;
	scope: string;
	/** `tags` or `repositories` */
	field: string;
	/** Whether a response is a page, or which path to request instead. Throws what any other response means. */
	admit(response: RegistryResponse): Promise<{kind: 'page'} | {kind: 'missing'} | {kind: 'instead'; path: string}>;
};

type Page = {names: string[]; next: URL | undefined};

/**
 * The pages of a list of names, each requested when the one before is used up; none is kept. No page at all where the list is
 * missing.
 * @throws OperatorError registry.endless-list | registry.list-cut-off | registry.not-a-registry | registry.redirected |
 * registry.*
 */
export async function* pagesOf(transport: Transport, list: PagedList, waiting: Waiting): AsyncGenerator<string[]> {
	let next: string | URL | undefined = list.path;
	// Brent's algorithm: one remembered page, replaced ever later, finds a loop of any length.
	let landmark = '';

	for (let pages = 0; next !== undefined; pages++) {
		const here = String(next);
		if (here === landmark || pages === mostPages) {
			throw new OperatorError(
				'registry.endless-list',
				`${transport.host} serves a list of ${list.field} without end.`,
				{
					hint: 'Check the proxy in front of the registry: it seems to drop the query of the Link header.',
					exit: 'failed',
				},
			);
		}

		landmark = (pages & (pages - 1)) === 0 ? here : landmark;
		const path: string | URL = next;
		const page: Page | undefined = await withRetries(
			() => requestPage(transport, path, list, waiting),
			transport.retrying,
			waiting,
		);

		if (page === undefined && pages === 0) {
			return;
		}

		if (page === undefined) {
			throw new OperatorError('registry.list-cut-off', `${transport.host} links to a next page that does not exist.`, {
				hint: 'Try again: something may be deleting from the registry right now.',
				exit: 'unreachable',
			});
		}

		yield page.names;
		next = page.next;
	}
}

async function requestPage(
	transport: Transport,
	path: string | URL,
	list: PagedList,
	waiting: Waiting,
): Promise<Page | undefined> {
	const response = await transport.send({method: 'GET', path, scope: list.scope}, waiting);
	const admitted = await list.admit(response);

	if (admitted.kind === 'instead') {
		return requestPage(transport, admitted.path, list, waiting);
	}

	return admitted.kind === 'page' ? readPage(response, list.field) : undefined;
}

async function readPage(response: RegistryResponse, field: string): Promise<Page> {
	// Go writes an empty list as null.
	const shape = v.pipe(v.string(), v.parseJson(), v.object({[field]: v.nullable(v.custom<string[]>(isListOfText))}));
	const parsed = v.safeParse(shape, (await readAll(response, pageLimit)).toString('utf8'));

	if (!parsed.success) {
		throw new OperatorError('registry.not-a-registry', `${response.host} responded without a list of ${field}.`, {
			hint: 'A proxy or another service may be in the way: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	return {names: parsed.output[field] ?? [], next: nextPage(response)};
}

function isListOfText(value: unknown): boolean {
	return Array.isArray(value) && value.every(each => typeof each === 'string');
}

/** The target of `Link: <…>; rel="next"`, which distribution 2.8 writes relative. @see RFC 8288 */
function nextPage(response: RegistryResponse): URL | undefined {
	const target = /<([^>]*)>[^,]*;\s*rel="?next\b/i.exec(response.list('link') ?? '')?.[1];

	if (target === undefined) {
		return undefined;
	}

	const next = URL.canParse(target, response.url.href) ? new URL(target, response.url) : undefined;

	if (next?.origin !== response.url.origin) {
		throw redirectRefused(response.host, target);
	}

	return next;
}
