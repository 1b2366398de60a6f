import type {SameRegistry} from './same-registry.ts';

type Sides = {
	/** `host[:port]` of the registry. */
	host: string;
	/** The storage folder, with its host. */
	place: string;
};

/** How a registry differs from the disk that it is thought to serve. Undefined where no difference was found. */
export function sayDifference(compared: SameRegistry, {host, place}: Sides): string | undefined {
	switch (compared.kind) {
		case 'another':
			return `${host} serves another registry than ${place} holds: ${compared.evidence.join('; ')}.`;
		case 'partly':
			return `What ${host} serves and what ${place} holds agree only in part: ${compared.evidence.join('; ')}.`;
		case 'same':
		case 'unknown':
			return undefined;
	}
}

/** What to do about a difference. */
export const hintForDifference =
	'Correct the registry’s url or storage.root in the configuration, or where the proxy in front of it leads. A pull-through cache lists what its upstream has: it needs `role: cache`.';
