import * as v from 'valibot';
import {useStates} from './usage.ts';

const text = v.string();

/** One workload that needs an image, or runs it. */
export const usedByEntry = v.object({
	kind: text,
	/** `namespace/name` */
	name: text,
	state: v.picklist(useStates),
	/** As it is written in the cluster. */
	image: text,
	/**
	 * `tag`: it names a tag of the image; `digest`: it is pinned to it, and stays broken where the image comes back as another digest;
	 * `runs`: it runs it under a tag that names another image now.
	 */
	by: v.picklist(['tag', 'digest', 'runs']),
	/** Every start asks the registry. */
	pullsAlways: v.boolean(),
	/** The nodes that run this very digest: they may hold its only copy. */
	nodes: v.array(text),
	/** The words of the node for why it cannot be pulled. */
	problem: v.exactOptional(text),
});

/** Where the use of images was looked up, and when. */
export const usageLook = v.object({
	/** ISO 8601, UTC */
	at: text,
	/** `kubectl, context prod` */
	source: text,
	/** The kinds of workloads: `pods`. Empty: nobody could look. */
	lookedAt: v.array(text),
	notLookedAt: v.array(v.object({what: text, why: text})),
});
