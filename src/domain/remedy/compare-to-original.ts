import type {Digest} from '../image/digest.ts';
import {normalPlatform} from '../image/platform.ts';

/** What an image was before anything was changed, as far as it is known. */
export type Original = {
	digest?: Digest;
	isIndex?: boolean;
	/** Absent: not all of them are known. */
	platforms?: string[];
	/** Every tag that named it. */
	tags: string[];
};

/** `tags`: what each tag of the original names now; null: nothing. A tag that is left out could not be read. */
export type Repaired = {
	digest: Digest;
	isIndex: boolean;
	platforms?: string[];
	tags: ReadonlyMap<string, Digest | null>;
};

/** `comparedToOriginal` in a plan's result, in a journal and in a post-mortem. */
export type Comparison = {
	/** Nothing differs, and everything is known. */
	same: boolean;
	platforms: {lost: string[]; new: string[]};
	/** It is an index as before, or an image as before. */
	mediaType: boolean;
	/** `lost`: tags of the original that do not name the repaired image. `moved`: those that name a third one. */
	tags: {lost: string[]; moved: string[]};
};

/** Undefined: the digest is another one, and it is not known which platforms there were, or are. */
export function compareToOriginal(original: Original, now: Repaired): Comparison | undefined {
	const tags = compareTags(original, now);
	const tagsSame = tags.lost.length === 0 && tags.moved.length === 0 && original.tags.every(tag => now.tags.has(tag));
	if (original.digest === now.digest) {
		return {same: tagsSame, platforms: {lost: [], new: []}, mediaType: true, tags};
	}

	if (original.platforms === undefined || now.platforms === undefined || original.isIndex === undefined) {
		return undefined;
	}

	const lost = lostPlatforms(original.platforms, now.platforms);
	const added = lostPlatforms(now.platforms, original.platforms);
	const mediaType = original.isIndex === now.isIndex;
	return {
		same: tagsSame && lost.length === 0 && added.length === 0 && mediaType,
		platforms: {lost, new: added},
		mediaType,
		tags,
	};
}

function compareTags(original: Original, now: Repaired): Comparison['tags'] {
	const others = original.tags.filter(tag => now.tags.has(tag) && now.tags.get(tag) !== now.digest);
	const isLost = (tag: string) => [null, original.digest].includes(now.tags.get(tag));
	return {lost: others.filter(isLost), moved: others.filter(tag => !isLost(tag))};
}

/** Each once, by the names that containerd compares: linux/arm64/v8 is linux/arm64. */
export function lostPlatforms(before: readonly string[], after: readonly string[]): string[] {
	const there = new Set(after.map(normalPlatform));
	return before.filter(platform => {
		const name = normalPlatform(platform);
		const isNew = !there.has(name);
		there.add(name);
		return isNew;
	});
}

/** What a person is told after a repair, a sentence each. @param comparison undefined: it could not be compared */
export function sayComparison(comparison: Comparison | undefined): string[] {
	if (comparison === undefined) {
		return ['It is not known which platforms the image had before, so it is not known whether the repair lost one.'];
	}

	const {platforms, mediaType, tags, same} = comparison;
	const list = (names: readonly string[]) => names.join(', ');
	return [
		...(same ? ['Nothing of the image before is missing.'] : []),
		...(platforms.lost.length === 0 ? [] : [`The repair lost ${list(platforms.lost)}, which the image had before.`]),
		...(platforms.new.length === 0 ? [] : [`It has ${list(platforms.new)}, which the image before had not.`]),
		...(mediaType ? [] : ['Its media type is another one: it changed between index and single image.']),
		...(tags.lost.length === 0
			? []
			: [
					`${list(tags.lost)} named the same image before, and ${tags.lost.length === 1 ? 'does' : 'do'} not name this one.`,
				]),
		...(tags.moved.length === 0 ? [] : [`${list(tags.moved)} named the same image before, and another one now.`]),
	];
}
