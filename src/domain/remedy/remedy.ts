/** The remedy for a finding. */
export const remedyKinds = ['restart', 'relink', 're-point', 'rebuild', 'remove-tag', 'inspect'] as const;

export type RemedyKind = (typeof remedyKinds)[number];

/** The remedies that a responder can choose; a rebuild is done in CI or without it. */
export const remedyOptions = [
	'restart',
	'relink',
	'copy-back',
	're-point',
	'rebuild-ci',
	'rebuild-fallback',
	'rebuild-command',
	'by-hand',
] as const;

export type RemedyOptionKey = (typeof remedyOptions)[number];

export function isRemedyOption(key: string): key is RemedyOptionKey {
	return (remedyOptions as readonly string[]).includes(key);
}
