import type {BaseImage} from '../../domain/build/dockerfile.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import type {BuiltFrom} from '../../domain/incident/build-change.ts';
import type {ActionContext} from './action.ts';
import {lookAtTags} from './tag-writes.ts';

/** The images that a build starts from. Those of the same registry are looked at: one that is broken has to be repaired first. */
export async function lookAtBases(
	bases: readonly BaseImage[],
	image: ImageReference,
	context: ActionContext,
): Promise<BuiltFrom[]> {
	const names = [...new Set(bases.map(({name}) => name))];
	return Promise.all(
		names.map(async name => {
			const reference = referenceIn(name, image.host);
			if (reference?.tag === undefined || reference.digest !== undefined) {
				return {name};
			}

			const [seen] = await lookAtTags(reference, [reference.tag], context);
			return {name, verdict: seen!.write.verdict};
		}),
	);
}

/** Undefined: it is no image of this registry. */
export function referenceIn(name: string, host: string): ImageReference | undefined {
	if (!name.toLowerCase().startsWith(`${host.toLowerCase()}/`)) {
		return undefined;
	}

	try {
		return parseReference(name);
	} catch {
		return undefined;
	}
}
