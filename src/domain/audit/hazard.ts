/** `will-break`: its next run breaks images. `may-break`: it breaks images only together with something else. */
export const severities = ['will-break', 'may-break', 'worth-knowing'] as const;

export type Severity = (typeof severities)[number];

export type HazardKind =
	| 'removes-children'
	| 'runs-beside-pushes'
	| 'deletes-beside-collection'
	| 'stale-cache'
	| 'removes-links'
	| 'deletes-by-digest'
	| 'floating-tag'
	| 'affected-version'
	| 'disk-full'
	| 'stale-uploads'
	| 'old-upstream'
	| 'open-registry'
	| 'empty-catalogue'
	| 'another-registry'
	| 'plain-http'
	| 'probe-silent';

/** Something that will cause the next incident. */
export type Hazard = {
	kind: HazardKind;
	severity: Severity;
	/** Where it was found: a file, `crontab -l`, a container, a URL. */
	file: string;
	/** The number of the line in that file, from 1. */
	at?: number;
	/** The line itself, without secrets. */
	line: string;
	/** Why it is dangerous, for people. */
	why: string;
	/** What to change. */
	advice: string;
};

/** Whether it is something that the host runs by schedule or script: the record of an incident lists only those. */
const isMaintenance: Record<HazardKind, boolean> = {
	'removes-children': true,
	'runs-beside-pushes': true,
	'deletes-beside-collection': true,
	'stale-cache': true,
	'removes-links': true,
	'deletes-by-digest': true,
	'floating-tag': false,
	'affected-version': false,
	'disk-full': false,
	'stale-uploads': false,
	'old-upstream': false,
	'open-registry': false,
	'empty-catalogue': false,
	'another-registry': false,
	'plain-http': false,
	'probe-silent': false,
};

export function comesFromMaintenance({kind}: Hazard): boolean {
	return isMaintenance[kind];
}

const mostCharacters = 300;

/** One line of a host's file without its secrets, so that it may be stored and shown. */
export function evidence(text: string): string {
	const line = text
		.replace(/\\\n/g, ' ')
		.replace(/\s+/g, ' ')
		.trim()
		.replace(/(:\/\/)[^/@\s]+@/g, '$1…@')
		.replace(/\b(authorization\s*[:=]\s*(?:basic|bearer)?\s*)[^\s"']+/gi, '$1…')
		.replace(/((?:^|\s)(?:-u|--user|--creds)[= ]?["']?[^\s:"'-][^\s:"']*:)[^\s"']+/g, '$1…')
		.replace(
			/([\w.-]*(?:secret|passw(?:or)?d|token|api_?key)[\w.-]*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s"']+)/gi,
			'$1…',
		)
		.replace(/((?:^|\s)--?(?:p|pass|password|token|secret)\s+)("[^"]*"|'[^']*'|[^\s"']+)/gi, '$1…');
	return line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line;
}
