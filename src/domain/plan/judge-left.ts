import type {DamagedImage} from '../damage/damaged-image.ts';
import {type Digest, shortDigest} from '../image/digest.ts';
import type {Verdict} from '../image/verdict.ts';

/**
 * An image that was left and is not damaged any more. `tags`: what each names now; null: nothing; left out: it could not be read.
 * `isServed`: whether its digest is, where no tag names anything, or it had none; absent: it could not be read.
 */
export type LeftNow = {tags: ReadonlyMap<string, Digest | null>; isServed?: boolean};

type JudgedLeft = {
	verdict: Verdict | 'removed';
	/** The tags that name nothing now. */
	gone: string[];
	say: string;
};

/**
 * Whether an image that was left, and in which no damage is found any more, is whole or gone. `removed` is only said where the registry
 * has neither its tags nor its digest.
 * @param now undefined: nobody looked
 */
export function judgeLeft({digest, tags}: Pick<DamagedImage, 'digest' | 'tags'>, now: LeftNow | undefined): JudgedLeft {
	if (tags.length === 0 && now?.isServed === false) {
		return {verdict: 'removed', gone: [], say: 'Nothing was done, and the registry does not have it any more.'};
	}

	const unread = now === undefined ? [] : tags.filter(tag => !now.tags.has(tag));
	const gone = tags.filter(tag => now?.tags.get(tag) === null);
	const one = gone.length === 1;
	const are = `Its ${one ? 'tag' : 'tags'} ${gone.join(', ')} ${one ? 'is' : 'are'} gone`;
	const moved = tags.filter(tag => now?.tags.get(tag) && now.tags.get(tag) !== digest);
	const say = [
		gone.length > 0
			? `${are}: somebody deleted or moved ${one ? 'it' : 'them'}; nothing was done.`
			: unread.length > 0
				? 'Nothing was done.'
				: 'Nothing was done, and it is not damaged any more.',
		...moved.map(tag => `${tag} names ${shortDigest(now!.tags.get(tag)!)} now.`),
		...(unread.length > 0
			? [`What ${unread.join(', ')} ${unread.length === 1 ? 'names' : 'name'} now could not be read.`]
			: []),
	];
	if (unread.length > 0) {
		return {verdict: 'unknown', gone, say: say.join(' ')};
	}

	if (gone.length === 0 || gone.length < tags.length) {
		return {verdict: 'intact', gone, say: say.join(' ')};
	}

	if (digest === undefined || now?.isServed === false) {
		return {verdict: 'removed', gone, say: say.join(' ')};
	}

	const stays =
		now?.isServed === true
			? `The registry still has ${shortDigest(digest)}, which was not checked.`
			: `It is not known whether the registry still has ${shortDigest(digest)}.`;
	return {verdict: 'unknown', gone, say: [...say, stays].join(' ')};
}
