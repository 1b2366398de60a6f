import * as v from 'valibot';
import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {type RegistryResponse, readAll} from '../response.ts';
import type {Transport} from '../transport.ts';
import {parseLinks} from './link-header.ts';
import type {LastPage} from './page-end.ts';

/** distribution 2.8 sends all tags in one response. */
const pageLimit = 32 * 1024 * 1024;
const longestQuote = 200;

export type PagedList = {
	path: string;
	scope: string;
	/** `tags` or `repositories` */
	field: string;
	/** Registries limit it without being asked to. */
	isAlwaysPaged: boolean;
	/** Whether a response is a page, or which path to request instead. Throws what any other response means. */
	admit(response: RegistryResponse): Promise<{kind: 'page'} | {kind: 'missing'} | {kind: 'instead'; path: string}>;
};

export type Page = LastPage & {
	/** Where it came from. */
	url: URL;
	next: NextPage;
};

/** What the `Link` header says of the page after this one. */
type NextPage = {kind: 'linked'; url: URL} | {kind: 'none'} | {kind: 'unreadable'; error: OperatorError};

/** Undefined: there is no such list. @throws OperatorError registry.not-a-registry | registry.* */
export async function requestPage(
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

	return admitted.kind === 'page' ? readPage(response, list.field, transport.base) : undefined;
}

/** Where the page after this one is: as linked, else after its last name. @throws OperatorError registry.list-unreadable */
export function urlAfter({url, names, next}: Page, listPath: string, base: URL): URL {
	if (next.kind === 'unreadable') {
		throw next.error;
	}

	if (next.kind === 'linked') {
		return next.url;
	}

	const after = new URL(listPath, base);
	const limit = limitOf(url);
	after.search = new URLSearchParams({
		last: names.at(-1)!,
		...(limit === undefined ? {} : {n: String(limit)}),
	}).toString();
	return after;
}

async function readPage(response: RegistryResponse, field: string, base: URL): Promise<Page> {
	// Go writes an empty list as null.
	const shape = v.pipe(v.string(), v.parseJson(), v.object({[field]: v.nullable(v.custom<string[]>(isListOfText))}));
	const parsed = v.safeParse(shape, (await readAll(response, pageLimit)).toString('utf8'));

	if (!parsed.success) {
		throw new OperatorError('registry.not-a-registry', `${response.host} responded without a list of ${field}.`, {
			hint: 'A proxy or another service may be in the way: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	return {
		names: parsed.output[field] ?? [],
		url: response.url,
		limit: limitOf(response.url),
		isSpecified: response.header('docker-distribution-api-version') !== undefined,
		next: nextPage(response, base),
	};
}

function isListOfText(value: unknown): boolean {
	return Array.isArray(value) && value.every(each => typeof each === 'string');
}

/** `n` in the query of a page. */
function limitOf({searchParams}: URL): number | undefined {
	const n = Number(searchParams.get('n') ?? Number.NaN);
	return Number.isInteger(n) && n > 0 ? n : undefined;
}

/**
 * The target of `Link: <…>; rel="next"`. Its path and query are taken on the registry's own origin: behind a proxy, registries
 * write the scheme, host or port that they know themselves by.
 */
function nextPage(response: RegistryResponse, base: URL): NextPage {
	const header = response.list('link') ?? '';
	const links = parseLinks(header);
	const next = links?.find(({relations}) => relations.includes('next'));
	if (links !== undefined && next === undefined) {
		return {kind: 'none'};
	}

	const target =
		next !== undefined && URL.canParse(next.target, response.url.href) && new URL(next.target, response.url);
	return target && /^https?:$/.test(target.protocol)
		? {kind: 'linked', url: new URL(target.pathname + target.search, base.origin)}
		: {kind: 'unreadable', error: unreadableLink(response.host, response.mask(header))};
}

function unreadableLink(host: string, header: string): OperatorError {
	return new OperatorError(
		'registry.list-unreadable',
		`${host} sent a Link header that cannot be read: ${header.slice(0, longestQuote)}`,
		{
			hint: 'The list may go on. Check the proxy in front of the registry: the header names the next page as `</v2/…>; rel="next"`.',
			exit: 'failed',
		},
	);
}
