import {type Digest, shortDigest} from '../image/digest.ts';
import {sayTime} from '../text/time.ts';
import {namedBy, repositorySeen} from './history.ts';
import type {Inventory} from './inventory.ts';

type NamedNow = {repository: string; tag: string; digest?: Digest | undefined};

/**
 * What the probes know of a tag, beside what it names now, in one sentence. The same digest is the same image; of another one
 * only the digest is known.
 * @param image `digest`: what it names now; absent: nothing
 */
export function sayKnown(inventory: Inventory, {repository, tag, digest}: NamedNow): string {
	const named = namedBy(inventory, repository, tag);
	const [last] = named;
	if (last === undefined) {
		const seen = repositorySeen(inventory, repository);
		return seen === undefined
			? 'No probe has seen the repository.'
			: `Probes saw the repository until ${sayTime(seen)}, and never this tag.`;
	}

	const until = sayTime(last.lastSeen);
	if (digest === undefined) {
		return `Probes saw it until ${until}; it named ${shortDigest(last.digest)}.`;
	}

	if (digest === last.digest) {
		return `Probes saw the same digest until ${until}.`;
	}

	const isOlder = named.some(entry => entry.digest === digest);
	return `When probes last saw it on ${until}, it named another digest: ${shortDigest(last.digest)}.${isOlder ? ' It named the present one before that.' : ''}`;
}
