import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports.ts';
import {type Answer, readAll} from './answer.ts';
import {patiently} from './patience.ts';
import {expectStatus, explanation, redirected} from './refusals.ts';
import type {Transport} from './transport.ts';

/** distribution 2.8 gives all tags in one answer. */
const listLimit = 32 * 1024 * 1024;
const mostPages = 10_000;

/**
 * A list of names, over all its pages. Undefined: the registry does not know what was asked for.
 * @param field `tags` or `repositories`
 * @throws OperatorError registry.*
 */
export async function listNames(
	transport: Transport,
	path: string,
	field: string,
	waiting: Waiting,
): Promise<string[] | undefined> {
	const names: string[] = [];
	const asked = new Set<string>();
	let next: string | URL | undefined = path;

	while (next !== undefined) {
		if (asked.has(String(next)) || asked.size === mostPages) {
			throw new OperatorError('registry.endless-list', `${transport.host} gives a list that does not end.`, {
				hint: 'Look at the proxy in front of the registry: it seems to drop the query of the Link header.',
				exit: 'failed',
			});
		}

		asked.add(String(next));
		const page: Page | undefined = await patiently(
			() => onePage(transport, next!, field, waiting),
			transport.patience,
			waiting,
		);

		if (page === undefined) {
			return undefined;
		}

		for (const name of page.names) {
			names.push(name);
		}

		next = page.next;
	}

	return names;
}

type Page = {names: string[]; next?: URL};

async function onePage(
	transport: Transport,
	path: string | URL,
	field: string,
	waiting: Waiting,
): Promise<Page | undefined> {
	const answer = await transport.ask({method: 'GET', path}, waiting);
	await expectStatus(answer, [200, 404], await transport.user());

	if (answer.status === 404) {
		await explanation(answer, '');
		return undefined;
	}

	const names = namesIn((await readAll(answer, listLimit)).toString('utf8'), field);

	if (names === undefined) {
		throw new OperatorError('registry.not-a-registry', `${transport.host} answers without a list of ${field}.`, {
			hint: 'A proxy or another service may be in the way: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	const next = nextPage(answer, transport.host);
	return {names, ...(next === undefined ? {} : {next})};
}

function namesIn(text: string, field: string): string[] | undefined {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return undefined;
	}

	const names = (json as Record<string, unknown> | null)?.[field];

	// Go writes an empty list as null.
	if (names === null) {
		return [];
	}

	return Array.isArray(names) && names.every(name => typeof name === 'string') ? names : undefined;
}

/** @see RFC 8288; distribution 2.8 writes it relative */
function nextPage(answer: Answer, host: string): URL | undefined {
	const target = /<([^>]*)>[^,]*;\s*rel="?next\b/i.exec(answer.header('link') ?? '')?.[1];

	if (target === undefined) {
		return undefined;
	}

	const next = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined;

	if (next?.origin !== answer.url.origin) {
		throw redirected(host, target);
	}

	return next;
}
