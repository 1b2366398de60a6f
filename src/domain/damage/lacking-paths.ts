import type {Finding} from '../storage/findings/finding.ts';
import {blobData, layerLink, revisionLink} from '../storage/listing/paths.ts';

/**
 * The files below docker/registry/v2 that an image lacks: only where all of them are back is it whole, whatever the registry answers
 * from its memory.
 */
export function lackingPaths(findings: readonly Finding[]): string[] {
	const paths = findings.flatMap(({kind, repository, digest, missing, plan}) => {
		const gone = missing.map(blobData);
		if (digest === undefined) {
			return gone;
		}

		switch (kind) {
			case 'child-unlinked':
			case 'child-swept':
			case 'child-missing':
			case 'tag-dangling': {
				const parts =
					plan?.parts.filter(({where}) => where === 'elsewhere' || where === 'disk' || where === 'gone') ?? [];
				const links = parts.map(part =>
					part.role === 'manifest' ? revisionLink(repository, part.digest) : layerLink(repository, part.digest),
				);
				return [revisionLink(repository, digest), blobData(digest), ...gone, ...links];
			}

			case 'config-missing':
			case 'layer-missing':
			case 'layer-unlinked':
				return [layerLink(repository, digest), blobData(digest), ...gone];
			default:
				return gone;
		}
	});
	return [...new Set(paths)];
}
