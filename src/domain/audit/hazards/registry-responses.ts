import type {SameRegistry} from '../../storage/same-registry.ts';
import type {Hazard} from '../hazard.ts';

/** How the registry responds over HTTP, as far as it was asked. */
export type RegistryResponses = {
	url: string;
	/** Whether it lists its catalogue without credentials. */
	answersAnybody?: boolean;
	/** Credentials are configured for it. */
	hasCredentials: boolean;
	/** Whether its catalogue lists any repository. */
	listsRepositories?: boolean;
	isLoopback: boolean;
	/** Whether it serves the disk that was audited; absent where there is none. */
	identity?: SameRegistry;
};

/** @param holdsRepositories whether its disk does; undefined where that is not known */
export function responseHazards(responses: RegistryResponses, holdsRepositories: boolean | undefined): Hazard[] {
	const {url, answersAnybody, hasCredentials, listsRepositories, isLoopback, identity} = responses;
	const hazards: Hazard[] = [];

	if (answersAnybody && hasCredentials) {
		hazards.push({
			kind: 'open-registry',
			severity: 'may-break',
			file: `${url}/v2/_catalog`,
			line: 'answered without credentials',
			why: 'The configuration has credentials for it, and it does not require any: the proxy in front may lead to another registry.',
			advice:
				'Restart the proxy (nginx keeps old upstream addresses), then check that /v2/ requires credentials again (401).',
		});
	}

	if (listsRepositories === false && holdsRepositories !== false) {
		hazards.push({
			kind: 'empty-catalogue',
			severity: identity?.kind === 'another' ? 'will-break' : holdsRepositories ? 'may-break' : 'worth-knowing',
			file: `${url}/v2/_catalog`,
			line: '{"repositories":[]}',
			why: holdsRepositories
				? 'The disk holds repositories and the catalogue lists none: another registry answers.'
				: 'A registry in use lists its repositories: another registry may be answering.',
			advice: 'Restart the proxy in front of it, and check which container it leads to.',
		});
	}

	if (listsRepositories !== false && (identity?.kind === 'another' || identity?.kind === 'partly')) {
		hazards.push(identityHazard(url, identity));
	}

	if (url.startsWith('http:') && !isLoopback) {
		hazards.push({
			kind: 'plain-http',
			severity: 'worth-knowing',
			file: url,
			line: url,
			why: 'Credentials and images cross the network unencrypted.',
			advice: 'Put TLS in front of it.',
		});
	}

	return hazards;
}

/** Whether a registry serves a disk decides what every other look at the two is worth. */
function identityHazard(url: string, {kind, evidence}: Extract<SameRegistry, {evidence: string[]}>): Hazard {
	const where = {kind: 'another-registry', file: url, line: evidence.join('; ')} as const;
	return kind === 'another'
		? {
				...where,
				severity: 'will-break',
				why: 'Another registry answers than the one on this disk: pulls and pushes reach the wrong one, and no check of the one says anything about the other.',
				advice:
					'Check which container the proxy in front leads to (nginx keeps old upstream addresses: restart it), and that storage.root is the folder of this registry.',
			}
		: {
				...where,
				severity: 'may-break',
				why: 'The registry and the disk agree only in part: the folder may be an old copy of the store, or the proxy in front may lead to two registries.',
				advice: 'Check that storage.root is the folder that this registry mounts, and which upstreams the proxy has.',
			};
}
