import type {Risk} from './risk.ts';

/** What the registry answers over HTTP, as far as it was asked. */
export type RegistryAnswers = {
	url: string;
	/** Whether it lists its catalogue for somebody who shows no credentials. */
	answersAnybody?: boolean;
	/** Credentials are configured for it. */
	hasCredentials: boolean;
	/** Whether its catalogue names anything. */
	listsRepositories?: boolean;
	isLoopback: boolean;
};

export function answerRisks(answers: RegistryAnswers, holdsRepositories: boolean | undefined): Risk[] {
	const {url, answersAnybody, hasCredentials, listsRepositories, isLoopback} = answers;
	const risks: Risk[] = [];

	if (answersAnybody && hasCredentials) {
		risks.push({
			kind: 'open-registry',
			severity: 'may-break',
			file: `${url}/v2/_catalog`,
			line: 'answered without credentials',
			why: 'It has credentials in our configuration, and asks nobody for them: the proxy in front may lead to another registry.',
			advice:
				'Restart the proxy (nginx keeps old upstream addresses), then see whether /v2/ asks for credentials again (401).',
		});
	}

	if (listsRepositories === false && holdsRepositories !== false) {
		risks.push({
			kind: 'empty-catalogue',
			severity: holdsRepositories ? 'may-break' : 'worth-knowing',
			file: `${url}/v2/_catalog`,
			line: '{"repositories":[]}',
			why: holdsRepositories
				? 'The disk holds repositories and the catalogue names none: whoever answers is not this registry.'
				: 'A registry in use names its repositories: whoever answers may not be the one you mean.',
			advice: 'Restart the proxy in front of it, and look which container it leads to.',
		});
	}

	if (url.startsWith('http:') && !isLoopback) {
		risks.push({
			kind: 'plain-http',
			severity: 'worth-knowing',
			file: url,
			line: url,
			why: 'Credentials and images go over the network in the clear.',
			advice: 'Put TLS in front of it.',
		});
	}

	return risks;
}
