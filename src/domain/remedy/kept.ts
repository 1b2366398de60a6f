import * as v from 'valibot';
import {type Digest, isDigest} from '../image/digest.ts';
import type {JournalEvent} from '../incident/event.ts';

/** What an incident has removed and kept. */
export type Kept = {
	repository: string;
	digest: Digest;
	/** The tags that named it. */
	tags: string[];
	/** The bytes of its manifests in base64, by their digests; what they are, their hash proves. */
	manifests: Map<Digest, string>;
};

const digest = v.pipe(
	v.string(),
	v.custom<Digest>(text => typeof text === 'string' && isDigest(text)),
);
const kept = v.object({repository: v.string(), top: digest, digest, base64: v.string()});
const removed = v.object({
	kind: v.literal('remove-image'),
	repository: v.string(),
	digest,
	tags: v.array(v.string()),
});

/**
 * The images that an incident removed, the last first. What was kept and not known to be removed is among them too: the record may have
 * been cut off.
 */
export function keptIn(events: readonly JournalEvent[]): Kept[] {
	const images = new Map<Digest, Kept>();
	for (const event of events) {
		if (event.type !== 'effect.progressed') {
			continue;
		}

		const one = event.name === 'kept' ? v.safeParse(kept, event.detail) : undefined;
		if (one?.success) {
			const {repository, top, digest: of, base64} = one.output;
			const image = images.get(top) ?? {repository, digest: top, tags: [], manifests: new Map<Digest, string>()};
			image.manifests.set(of, base64);
			images.set(top, image);
		}

		const gone = event.name === 'removed' ? v.safeParse(removed, event.detail) : undefined;
		const image = gone?.success ? images.get(gone.output.digest) : undefined;
		if (gone?.success && image !== undefined) {
			image.tags = gone.output.tags;
		}
	}

	return [...images.values()].reverse();
}
