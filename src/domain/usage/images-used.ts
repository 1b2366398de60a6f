import {formatReference, type ImageReference} from '../image/reference.ts';
import type {Usage} from './usage.ts';
import {type UsedBy, usedBy} from './used-by.ts';

/** One image as workloads name it, with all of them, worst first. */
export type ImageUsed = {reference: ImageReference; usedBy: UsedBy[]};

/**
 * The images of a registry that workloads name, those first that cannot be pulled now.
 * @param hosts every `host[:port]` by which pulls name the registry; the first is that by which it is asked
 */
export function imagesUsed({uses}: Pick<Usage, 'uses'>, hosts: readonly [string, ...string[]]): ImageUsed[] {
	const images = new Map<string, ImageReference>();
	for (const {reference} of uses) {
		if (reference !== undefined && hosts.includes(reference.host)) {
			const {repository, tag, digest} = reference;
			const asked = {host: hosts[0], repository, ...(digest === undefined ? {tag: tag!} : {digest})};
			images.set(formatReference(asked), asked);
		}
	}

	return [...images.values()].map(reference => {
		const {repository, tag, digest} = reference;
		return {reference, usedBy: usedBy({uses}, {repository, digest, tags: tag === undefined ? [] : [tag]}, hosts)};
	});
}
