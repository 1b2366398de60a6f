/**
 * Docker's own registry has one name in references, another in logins, and another on the network.
 * @see distribution/reference normalize.go; moby registry/config.go, IndexServer and DefaultV2Registry
 */
const names = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** The key of its logins. */
export const hubLogin = 'https://index.docker.io/v1/';

export function isHub(host: string): boolean {
	return names.includes(host);
}

/** The host that responds for it; any other host is its own. */
export function respondingHost(host: string): string {
	return isHub(host) ? 'registry-1.docker.io' : host;
}
