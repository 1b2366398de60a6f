/** What helps against a fault. */
export const remedyKinds = ['restart', 'relink', 're-point', 'rebuild', 'remove-tag', 'inspect'] as const;

export type RemedyKind = (typeof remedyKinds)[number];

/** What a responder can decide for; a rebuild is done in one of two places. */
export const remedyOptions = ['restart', 'relink', 're-point', 'rebuild-ci', 'rebuild-fallback', 'by-hand'] as const;

export type RemedyOptionKey = (typeof remedyOptions)[number];

export function isRemedyOption(key: string): key is RemedyOptionKey {
	return (remedyOptions as readonly string[]).includes(key);
}
