import {type Answer, readSome} from '../response.ts';
import {errorBodyLimit, notARegistry, reasonIn, refusalOf} from './refusals.ts';

/** What a registry says about a list that it does not have. @throws OperatorError registry.not-a-registry */
export async function explanation(answer: Answer, otherwise: string): Promise<string> {
	const text = await readSome(answer, errorBodyLimit);

	if (/^\s*<(?:!doctype|html)/i.test(text)) {
		throw notARegistry(answer);
	}

	return reasonIn(text, answer).said ?? otherwise;
}

/**
 * What a registry says (404) about a thing that it does not have: in its own words, or in none. The stores that blobs are
 * redirected to answer in XML. Anything else is a proxy that has no registry behind it just now: `404 page not found`.
 * @throws OperatorError registry.not-a-registry
 */
export async function absence(answer: Answer): Promise<string> {
	const text = await readSome(answer, errorBodyLimit);
	const {said} = reasonIn(text, answer);

	if (said === undefined && !/^\s*(?:$|<\?xml|<Error\b)/.test(text)) {
		throw notARegistry(answer);
	}

	return said ?? 'the registry does not have it';
}

/**
 * What a registry says (500) about the one thing that it fails on.
 * @throws OperatorError registry.failing where it is not the registry that speaks, or where its storage fails it: a proxy and
 * a disk fail on everything
 */
export async function failure(answer: Answer, user: string | undefined): Promise<string> {
	const text = await readSome(answer, errorBodyLimit);
	const {said, driver} = reasonIn(text, answer);
	if (said === undefined || driver !== undefined) {
		throw refusalOf(answer, text, user);
	}

	return said;
}
