import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {withRetries} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {type Page, type PagedList, requestPage, urlAfter} from './page.ts';
import {endsByItself} from './page-end.ts';

const mostPages = 100_000;

type ListedPage = {
	names: string[];
	/** More names follow or may follow: the registry ended the page, not the list. */
	isCut: boolean;
};

/** `furtherRequests`: how often the names after the last one of a page without a `Link` were requested. */
type PagesEnd = {pages: number; furtherRequests: number};

/**
 * The pages of a list of names, each requested when the one before is used up; none is kept. No page at all where the list is
 * missing. Names may come twice.
 * @throws OperatorError registry.endless-list | registry.list-cut-off | registry.list-unreadable | registry.not-a-registry |
 * registry.*
 */
export async function* pagesOf(
	transport: Transport,
	list: PagedList,
	waiting: Waiting,
): AsyncGenerator<ListedPage, PagesEnd> {
	let next: string | URL = list.path;
	// Brent's algorithm: one remembered page, replaced ever later, finds a loop of any length.
	let landmark = '';
	const earlier = {linked: 0, cut: 0};
	const repeats = createRepeats();
	let furtherRequests = 0;
	/** The page that this one was requested after, where that page had no `Link`. */
	let cutPage: Page | undefined;
	let lastAskedAfter: string | undefined;

	for (let pages = 0; ; pages++) {
		const here = String(next);
		if (here === landmark || pages === mostPages) {
			throw endless(transport.host, list.field);
		}

		landmark = (pages & (pages - 1)) === 0 ? here : landmark;
		const path: string | URL = next;
		const page: Page | undefined = await withRetries(
			() => requestPage(transport, path, list, waiting),
			transport.retrying,
			waiting,
		);

		if (page === undefined && pages === 0) {
			return {pages, furtherRequests};
		}

		if (page === undefined) {
			throw cutOff(transport.host);
		}

		const {names, next: following} = page;
		const isNew = repeats.isNew(names);
		const ended = {pages: pages + 1, furtherRequests};
		if (cutPage !== undefined && !isNew && following.kind === 'none') {
			return ended;
		}

		earlier.cut = cutPage !== undefined && isNew ? Math.max(earlier.cut, cutPage.names.length) : earlier.cut;
		// A registry that ignores `last` starts again from its first page.
		const startedAgain = names.length > 0 && names.at(-1) === lastAskedAfter;
		const isLast = following.kind === 'none' && (startedAgain || endsByItself(page, earlier, list.isAlwaysPaged));
		yield {names, isCut: !isLast};
		if (isLast) {
			return ended;
		}

		if (following.kind === 'none') {
			cutPage = page;
			lastAskedAfter = names.at(-1);
			furtherRequests++;
		} else {
			cutPage = undefined;
			earlier.linked = Math.max(earlier.linked, names.length);
		}

		next = urlAfter(page, list.path, transport.base);
	}
}

/** Tells a page that brings names from one that only repeats the first page or the one before. */
function createRepeats() {
	let first: ReadonlySet<string> | undefined;
	let previous: ReadonlySet<string> = new Set();

	return {
		isNew(names: readonly string[]): boolean {
			const isNew = names.some(name => !previous.has(name) && !first?.has(name));
			previous = new Set(names);
			first ??= previous;
			return isNew;
		},
	};
}

function endless(host: string, field: string): OperatorError {
	return new OperatorError('registry.endless-list', `${host} serves a list of ${field} without end.`, {
		hint: 'Check the proxy in front of the registry: it seems to drop the query of the Link header.',
		exit: 'failed',
	});
}

function cutOff(host: string): OperatorError {
	return new OperatorError('registry.list-cut-off', `${host} does not serve the next page of a list.`, {
		hint: 'Try again: something may be deleting from the registry right now.',
		exit: 'unreachable',
	});
}
