import {isHub} from '../../../domain/image/docker-hub.ts';

/**
 * What an entry's key stands for: a host, or a folder or repository on it. Keys with a scheme, and `/v1/` and `/v2/`, are of
 * docker's old ways to name a host; any other path is podman's.
 * @returns host in lower case; `path` without slashes at its ends, absent for the whole host
 * @see containers/image pkg/docker/config/config.go, normalizeAuthFileKey; docker/cli cli/config/credentials, ConvertToHostname
 */
export function readAuthKey(key: string): {host: string; path?: string} {
	const bare = key.replace(/^https?:\/\//, '');
	const slash = bare.indexOf('/');
	const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase();
	const path = slash === -1 ? '' : bare.slice(slash).replace(/^\/+|\/+$/g, '');
	return path === '' || bare !== key || /^v[12]$/.test(path) ? {host} : {host, path};
}

/** Whether a login for one host is one for the other: Docker's own registry has several names. */
export function isSameHost(one: string, other: string): boolean {
	return one === other || (isHub(one) && isHub(other));
}

/** The keys for all of a host, the plainest first. */
export function keysOfHost(keys: readonly string[], host: string): string[] {
	const plainness = (key: string) => (key === host ? 0 : key.startsWith('http://') ? 2 : 1);
	return keys
		.filter(key => {
			const read = readAuthKey(key);
			return read.path === undefined && isSameHost(read.host, host);
		})
		.sort((a, b) => plainness(a) - plainness(b));
}
