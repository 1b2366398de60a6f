/** What takes data or links out of a store: distribution's own collection, or a script that removes tags or layers. */
export const cleanerKinds = ['collection', 'tag-cleaner', 'layer-checker'] as const;

export type CleanerKind = (typeof cleanerKinds)[number];
