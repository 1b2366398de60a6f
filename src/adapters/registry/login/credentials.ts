import {isDeepStrictEqual} from 'node:util';
import type {RegistryLogins} from '../../../domain/registry-login.ts';
import type {Credentials} from '../../../engine/ports/secrets.ts';

/** The logins of one registry, obtained when they are first needed. Undefined: anonymous. */
export type CredentialCache = {
	current(): Promise<RegistryLogins>;
	/** What `current` would resolve to, where that is known already. */
	known(): {logins: RegistryLogins} | undefined;
	/** The registry accepted one of them. */
	accepted(logins: RegistryLogins): void;
	/** The registry refused one of them. @returns others to try: obtained since, or obtained anew */
	renewed(refused: RegistryLogins): Promise<RegistryLogins>;
};

/**
 * Short-lived passwords expire during a long walk: those that were accepted once are obtained anew, once.
 * @param obtain with `again`, not from memory
 */
export function createCredentialCache(obtain: (request: {again: boolean}) => Promise<RegistryLogins>): CredentialCache {
	let current: Promise<RegistryLogins> | undefined;
	let known: {logins: RegistryLogins} | undefined;
	let proven: RegistryLogins;

	function load(again: boolean): Promise<RegistryLogins> {
		known = undefined;
		const loading = obtain({again}).then(
			logins => {
				known = {logins};
				return logins;
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
		accepted(logins) {
			proven = logins;
		},
		async renewed(refused) {
			if (proven !== undefined && proven === refused) {
				proven = undefined;
				void load(true).catch(() => {});
			}

			const latest = await current;
			return isDeepStrictEqual(latest, refused) ? undefined : latest;
		},
	};
}

export function basicHeader({username, password}: Credentials): string {
	return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
