import {OperatorError} from '../../../domain/errors.ts';
import type {Credentials} from '../../../engine/ports/secrets.ts';
import {expectStatus} from '../errors/refusals.ts';
import {type Answer, readAll, readSome} from '../response.ts';
import {basic} from './authorization.ts';
import type {Identity} from './credentials.ts';
import type {Realm} from './realm.ts';
import {parseTokenAnswer} from './token-answer.ts';

const answerLimit = 256 * 1024;
const errorBodyLimit = 64 * 1024;

/**
 * One token for one scope, with a name and a password where there are any.
 * @param send one request as it is: no redirect is followed with credentials
 * @throws OperatorError registry.unauthorized | registry.token-service | registry.*
 */
export async function askTokenService(
	{url, service}: Realm,
	scope: string,
	identity: Identity,
	send: (url: URL, headers: Record<string, string>) => Promise<Answer>,
): Promise<{token: string; lifetimeMs: number}> {
	const asking = new URL(url);
	if (service !== undefined) {
		asking.searchParams.set('service', service);
	}

	for (const one of scope.split(' ')) {
		asking.searchParams.append('scope', one);
	}

	const ask = (credentials: Credentials | undefined) =>
		send(asking, credentials === undefined ? {} : {authorization: basic(credentials)});
	let credentials = await identity.current();
	let answer = await ask(credentials);

	if (answer.status === 401 && credentials) {
		const others = await identity.renewed(credentials);

		if (others) {
			await readSome(answer, errorBodyLimit);
			credentials = others;
			answer = await ask(others);
		}
	}

	const {status} = answer;

	if (status === 401 || status === 403 || status === 408 || status === 429 || (status >= 500 && status <= 504)) {
		await expectStatus(answer, [], credentials?.username);
	}

	const text =
		status === 200 ? (await readAll(answer, answerLimit)).toString('utf8') : await readSome(answer, errorBodyLimit);
	const token = status === 200 ? parseTokenAnswer(text, answer.header('date')) : undefined;

	if (token === undefined) {
		throw new OperatorError(
			'registry.token-service',
			`The token service at ${url.host} answers ${status}, without a token.`,
			{
				hint: 'Look at the log of the token service, and at auth.token.realm in the configuration of the registry.',
				exit: 'failed',
			},
		);
	}

	if (credentials) {
		identity.accepted(credentials);
	}

	return token;
}
