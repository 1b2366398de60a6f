import {OperatorError} from '../../../domain/errors.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {explanation} from '../errors/explanations.ts';
import {expectStatus, readReason} from '../errors/refusals.ts';
import {catalogueScope} from '../login/scope.ts';
import type {Answer} from '../response.ts';
import type {Transport} from '../transport.ts';
import {type Listing, pagesOf} from './pages.ts';

/** The most that distribution takes; some take less and say so. @see distribution: docs/spec/api, "Catalog" */
const largestPage = '_catalog?n=1000';

/**
 * Every repository, page by page as it is consumed.
 * @throws OperatorError registry.no-catalogue | registry.*
 */
export async function* listRepositories(transport: Transport, waiting: Waiting): AsyncGenerator<string> {
	const listing: Listing = {
		path: largestPage,
		scope: catalogueScope,
		field: 'repositories',
		admit: answer => admit(answer, transport),
	};

	for await (const names of pagesOf(transport, listing, waiting)) {
		yield* names;
	}
}

async function admit(answer: Answer, transport: Transport): Promise<'page' | {instead: string}> {
	const {status, host} = answer;
	const isFirst = answer.url.href.endsWith(largestPage);

	if (status === 404) {
		throw noCatalogue(host, await explanation(answer, 'it answers 404'));
	}

	if (status === 400 || status === 405 || status === 501) {
		const reason = await readReason(answer);

		if (status === 400 && isFirst && reason.codes.includes('PAGINATION_NUMBER_INVALID')) {
			return {instead: '_catalog'};
		}

		if (status !== 400 || reason.codes.includes('UNSUPPORTED')) {
			throw noCatalogue(host, reason.said ?? `it answers ${status}`);
		}

		throw new OperatorError(
			'registry.unexpected-answer',
			`${host} answers ${status}: ${reason.said ?? 'no reason given'}.`,
			{
				hint: 'The registry’s log says why.',
				exit: 'failed',
			},
		);
	}

	await expectStatus(answer, [200], await transport.user());
	return 'page';
}

function noCatalogue(host: string, why: string): OperatorError {
	return new OperatorError('registry.no-catalogue', `${host} does not list its repositories: ${why}.`, {
		hint: 'Name the repositories to look at, or allow GET /v2/_catalog in the registry and in the proxy in front of it.',
		exit: 'failed',
	});
}
