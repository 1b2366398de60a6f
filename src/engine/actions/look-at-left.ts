import {defined} from '../../domain/defined.ts';
import type {LeftNow} from '../../domain/plan/judge-left.ts';
import {type Repaired, stillIn} from '../../domain/plan/judge-repair.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import {readTags} from '../plan/tags-now.ts';
import type {Registry} from '../ports/registry.ts';
import type {ActionContext} from './action.ts';

const atOnce = 8;

/**
 * Of the images that were left and that the look did not find damaged any more, what their tags name now: one whose tags were deleted is
 * no whole image. The others stay as they are. It only reads, over new connections.
 */
export async function lookAtLeft(
	checked: readonly Repaired[],
	now: Parameters<typeof stillIn>[1],
	{ports, signal}: Pick<ActionContext, 'ports' | 'signal'>,
): Promise<Repaired[]> {
	const looked = [...checked];
	const queue = [...looked.entries()].filter(
		([, {image}]) => image.item === undefined && stillIn(image.damaged, now) === undefined,
	);
	if (queue.length === 0) {
		return looked;
	}

	const registry = ports.registry.fresh();
	try {
		await forEachConcurrently(
			() => queue.shift(),
			atOnce,
			async ([at, each]) => {
				looked[at] = {...each, leftNow: await lookAt(registry, each.image.damaged, {signal})};
			},
		);
		return looked;
	} finally {
		await registry.close();
	}
}

/** Its digest is asked for only where no tag leads to an image. */
async function lookAt(
	registry: Registry,
	{repository, digest, tags}: Repaired['image']['damaged'],
	{signal}: Pick<ActionContext, 'signal'>,
): Promise<LeftNow> {
	const named = await readTags(registry, {repository, tags}, {signal});
	if (digest === undefined || tags.some(tag => named.get(tag) !== null)) {
		return {tags: named};
	}

	const served = await readTags(registry, {repository, tags: [digest]}, {signal});
	const is = served.get(digest);
	return {tags: named, ...defined({isServed: is === undefined ? undefined : is !== null})};
}
