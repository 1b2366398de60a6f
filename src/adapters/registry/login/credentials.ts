import type {Credentials} from '../../../engine/ports/secrets.ts';

/** The credentials for one registry, obtained when they are first needed. Undefined: anonymous. */
export type CredentialCache = {
	current(): Promise<Credentials | undefined>;
	/** What `current` would resolve to, where that is known already. */
	known(): {credentials: Credentials | undefined} | undefined;
	/** The registry accepted them. */
	accepted(credentials: Credentials): void;
	/** The registry refused them. @returns others to try: obtained since, or obtained anew */
	renewed(refused: Credentials): Promise<Credentials | undefined>;
};

/**
 * Short-lived passwords expire during a long walk: those that were accepted once are obtained anew, once.
 * @param obtain with `again`, not from memory
 */
export function createCredentialCache(
	obtain: (request: {again: boolean}) => Promise<Credentials | undefined>,
): CredentialCache {
	let current: Promise<Credentials | undefined> | undefined;
	let known: {credentials: Credentials | undefined} | undefined;
	let proven: Credentials | undefined;

	function load(again: boolean): Promise<Credentials | undefined> {
		known = undefined;
		const loading = obtain({again}).then(
			credentials => {
				known = {credentials};
				return credentials;
			},
			error => {
				current = undefined;
				throw error;
			},
		);
		current = loading;
		return loading;
	}

	return {
		current: () => current ?? load(false),
		known: () => known,
		accepted(credentials) {
			proven = credentials;
		},
		async renewed(refused) {
			if (proven === refused) {
				proven = undefined;
				void load(true).catch(() => {});
			}

			const latest = await current;
			return latest === undefined || isSame(latest, refused) ? undefined : latest;
		},
	};
}

export function basicHeader({username, password}: Credentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Waits for something that others wait for, too: an aborted caller leaves, and the rest go on waiting. */
export async function abortable<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	let leave = () => {};
	const aborted = new Promise<never>((_, reject) => {
		leave = () => reject(signal.reason);
		signal.addEventListener('abort', leave, {once: true});
	});

	try {
		return await Promise.race([shared, aborted]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
}

function isSame(one: Credentials, other: Credentials): boolean {
	return one.username === other.username && one.password === other.password;
}
