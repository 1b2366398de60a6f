import {type Digest, isDigest} from '../../image/digest.ts';
import type {StorageFault} from '../walk/faults.ts';
import type {StorageGraph} from '../walk/graph.ts';
import {linkTrouble, mayBeWhole} from './link.ts';
import type {Link} from './listing.ts';
import {currentLink} from './paths.ts';

/** What is wrong with a tag that names no digest. */
export function brokenTag(
	graph: StorageGraph,
	repository: string,
	tag: string,
	link: Link | undefined,
): StorageFault | undefined {
	if (link === undefined) {
		const since = graph.times.tag(repository, tag);
		return graph.absent(currentLink(repository, tag)) === 'unread'
			? undefined
			: {
					kind: 'tag-dangling',
					via: [],
					...(since === undefined ? {} : {since}),
					detail: `tag ${tag} has no current/link`,
				};
	}

	// A link whose content could not be read is a gap already.
	if (link.content === undefined && mayBeWhole(link)) {
		return undefined;
	}

	const target = intendedTarget(graph, repository, tag);
	return {
		kind: 'link-malformed',
		via: [],
		since: link.changed,
		detail: `the link of tag ${tag} ${linkTrouble(link)}${target === undefined ? '' : `; it meant ${target}`}`,
	};
}

/** What a tag's damaged link meant: what it still says, or the only manifest its history knows. */
export function intendedTarget(graph: StorageGraph, repository: string, tag: string): Digest | undefined {
	const said = graph.listing.repositories.get(repository)?.tags.get(tag)?.link?.content?.trim();
	if (said !== undefined && isDigest(said)) {
		return said;
	}

	const history = graph.history().of(repository, tag);
	return history.length === 1 ? history[0] : undefined;
}
