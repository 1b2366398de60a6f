import type {Credentials} from '../../../engine/ports/secrets.ts';

/** Who we are to the registry, asked for when it is first needed. */
export type Identity = {
	current(): Promise<Credentials | undefined>;
	/** What `current` would give, without waiting: there is an answer already. */
	known(): {credentials: Credentials | undefined} | undefined;
	/** The server took them. */
	accepted(credentials: Credentials): void;
	/** The server refused them. What to try instead: others that are known by now, or that the helper gives when asked again. */
	renewed(refused: Credentials): Promise<Credentials | undefined>;
};

/**
 * Short-lived passwords run out during a long walk: those that were good once are asked for once more.
 * @param ask with `again`, not from memory
 */
export function createIdentity(ask: (asking: {again: boolean}) => Promise<Credentials | undefined>): Identity {
	let current: Promise<Credentials | undefined> | undefined;
	let known: {credentials: Credentials | undefined} | undefined;
	let proven: Credentials | undefined;

	function askFor(again: boolean): Promise<Credentials | undefined> {
		known = undefined;
		const asked = ask({again}).then(
			credentials => {
				known = {credentials};
				return credentials;
			},
			error => {
				current = undefined;
				throw error;
			},
		);
		current = asked;
		return asked;
	}

	return {
		current: () => current ?? askFor(false),
		known: () => known,
		accepted(credentials) {
			proven = credentials;
		},
		async renewed(refused) {
			if (proven === refused) {
				proven = undefined;
				void askFor(true).catch(() => {});
			}

			const now = await current;
			return now === undefined || same(now, refused) ? undefined : now;
		},
	};
}

function same(one: Credentials, other: Credentials): boolean {
	return one.username === other.username && one.password === other.password;
}
