import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered} from '../../domain/image/verdict.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {type TagWrite, whyChanged} from '../../domain/incident/tag-write.ts';
import {createWalker} from '../verify/walk-image.ts';
import type {ActionContext} from './action.ts';

/** What a tag is now. `check`: absent where the registry does not have it. */
export type SeenTag = {write: TagWrite; check?: ImageCheck};

/**
 * What tags of the image's repository are now, at depth edge, over connections of their own. A tag that cannot be read is unknown.
 * Bytes that a check of this incident found corrupt are still so: only reading all of them would show it again.
 */
export async function lookAtTags(
	{host, repository}: ImageReference,
	tags: readonly string[],
	{ports, settings, corrupt, signal}: ActionContext,
): Promise<SeenTag[]> {
	const registry = ports.registry.fresh();
	const walker = createWalker(registry, {depth: 'edge', platforms: settings.platforms, signal});

	async function look(tag: string): Promise<SeenTag> {
		const reference = {host, repository, tag};
		try {
			const check = await walker.walk(reference);
			const {digest, verdict} = check;
			const isCorrupt = digest !== undefined && corrupt?.has(digest) === true;
			return {write: {tag, ...defined({now: digest}), verdict: isCorrupt ? 'broken' : verdict}, check};
		} catch (error) {
			signal.throwIfAborted();
			const known = asOperatorError(error);
			return known.code === 'image.absent'
				? {write: {tag, verdict: 'absent'}}
				: {write: {tag, verdict: 'unknown'}, check: unanswered(reference, known)};
		}
	}

	try {
		return await Promise.all(tags.map(look));
	} finally {
		await registry.close();
	}
}

/** Right before an order: why what the gate showed of its tags no longer holds; undefined: every tag is as it was shown. */
export async function tagsChanged(
	image: ImageReference,
	shown: readonly TagWrite[],
	context: ActionContext,
): Promise<Problem | undefined> {
	const tags = shown.map(({tag}) => tag);
	const seen = shown.length === 0 ? [] : await lookAtTags(image, tags, context);
	const {host, repository} = image;
	const reasons = seen.flatMap(({write, check}, at) => {
		const why = whyChanged(formatReference({host, repository, tag: write.tag}), shown[at]!, write);
		const [unread] = write.verdict === 'unknown' ? (check?.unchecked ?? []) : [];
		return why === undefined ? [] : [unread === undefined ? why : `${why} ${unread.message}`];
	});
	return reasons.length === 0
		? undefined
		: {
				code: 'build.tag-changed',
				message: reasons.join(' '),
				hint: 'Nothing was started. Check the image again, or choose the build again: its gate shows what is there now.',
			};
}
