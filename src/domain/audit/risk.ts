/** `will-break`: the next time it runs, images are gone. `may-break`: it takes something else as well. */
export const severities = ['will-break', 'may-break', 'worth-knowing'] as const;

export type Severity = (typeof severities)[number];

export type RiskKind =
	| 'removes-children'
	| 'runs-beside-pushes'
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
	| 'plain-http'
	| 'probe-silent';

/** Something that will cause the next incident. */
export type Risk = {
	kind: RiskKind;
	severity: Severity;
	/** Where it was seen: a file, `crontab -l`, a container, a URL. */
	file: string;
	/** The number of the line in that file, from 1. */
	at?: number;
	/** What was seen there, secrets taken out. */
	line: string;
	/** Why it bites, for people. */
	why: string;
	/** What to change. */
	advice: string;
};

/** What is done to images by the clock or a script, and so belongs into the record of an incident. */
const upkeepKinds: readonly RiskKind[] = [
	'removes-children',
	'runs-beside-pushes',
	'stale-cache',
	'removes-links',
	'deletes-by-digest',
];

export function isUpkeep({kind}: Risk): boolean {
	return upkeepKinds.includes(kind);
}

const mostCharacters = 300;

/** One line of a host's file, as evidence that may be kept and shown: scripts hold passwords. */
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
