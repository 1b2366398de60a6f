import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import type {Answer} from '../response.ts';
import {patiently} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {type Page, readPage} from './page.ts';

const mostPages = 100_000;

export type Listing = {
	path: string;
	scope: string;
	/** `tags` or `repositories` */
	field: string;
	/** Lets through what can be a page, or says what else it is: a `string` is the path to ask for instead. */
	admit(answer: Answer): Promise<'page' | 'nothing' | {instead: string}>;
};

/**
 * The pages of a list, each asked for when the one before is used up; nothing is kept of them.
 * Nothing at all where `admit` finds that the first is none.
 * @throws OperatorError registry.*
 */
export async function* pagesOf(transport: Transport, listing: Listing, waiting: Waiting): AsyncGenerator<string[]> {
	let next: string | URL | undefined = listing.path;
	// Brent's: one page to compare with, ever later, finds a loop of any length.
	let landmark = '';

	for (let pages = 0; next !== undefined; pages++) {
		const here = String(next);
		if (here === landmark || pages === mostPages) {
			throw new OperatorError('registry.endless-list', `${transport.host} gives a list that does not end.`, {
				hint: 'Look at the proxy in front of the registry: it seems to drop the query of the Link header.',
				exit: 'failed',
			});
		}

		landmark = (pages & (pages - 1)) === 0 ? here : landmark;
		const path: string | URL = next;
		const page: Page | undefined = await patiently(
			() => onePage(transport, path, listing, waiting),
			transport.patience,
			waiting,
		);

		if (page === undefined && pages === 0) {
			return;
		}

		if (page === undefined) {
			throw new OperatorError('registry.list-cut-off', `${transport.host} names a next page and does not have it.`, {
				hint: 'Try again: somebody may be cleaning up right now.',
				exit: 'unreachable',
			});
		}

		yield page.names;
		next = page.next;
	}
}

async function onePage(
	transport: Transport,
	path: string | URL,
	listing: Listing,
	waiting: Waiting,
): Promise<Page | undefined> {
	const {scope, field, admit} = listing;
	const answer = await transport.ask({method: 'GET', path, scope}, waiting);
	const found = await admit(answer);

	if (typeof found === 'object') {
		return onePage(transport, found.instead, listing, waiting);
	}

	return found === 'page' ? readPage(answer, field) : undefined;
}
