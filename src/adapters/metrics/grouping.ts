/**
 * The path that names a group of metrics at a Pushgateway.
 * @see prometheus/pushgateway README, "URL": a slash has to go as base64url, also one that is percent-encoded
 */
export function groupPath(job: string, labels: Readonly<Record<string, string>>): string {
	return [['job', job] as const, ...Object.entries(labels)].map(([name, value]) => `/${pair(name, value)}`).join('');
}

function pair(name: string, value: string): string {
	// Names of one or two dots would be taken for folders on the way.
	return /^[A-Za-z0-9_:-]+(?:\.[A-Za-z0-9_:-]+)*$/.test(value)
		? `${name}/${value}`
		: `${name}@base64/${Buffer.from(value).toString('base64url') || '='}`;
}
