import {OperatorError} from '../../../domain/errors.ts';
import {redirected} from '../errors/refusals.ts';
import {type Answer, readAll} from '../response.ts';

/** distribution 2.8 gives all tags in one answer. */
const listLimit = 32 * 1024 * 1024;

export type Page = {names: string[]; next: URL | undefined};

/**
 * One page of a list of names.
 * @param field `tags` or `repositories`
 * @throws OperatorError registry.not-a-registry | registry.redirected | registry.*
 */
export async function readPage(answer: Answer, field: string): Promise<Page> {
	const names = namesIn((await readAll(answer, listLimit)).toString('utf8'), field);

	if (names === undefined) {
		throw new OperatorError('registry.not-a-registry', `${answer.host} answers without a list of ${field}.`, {
			hint: 'A proxy or another service may be in the way: check the url with `regmedic check`.',
			exit: 'failed',
		});
	}

	return {names, next: nextPage(answer)};
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
function nextPage(answer: Answer): URL | undefined {
	const target = /<([^>]*)>[^,]*;\s*rel="?next\b/i.exec(answer.list('link') ?? '')?.[1];

	if (target === undefined) {
		return undefined;
	}

	const next = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined;

	if (next?.origin !== answer.url.origin) {
		throw redirected(answer.host, target);
	}

	return next;
}
