import * as v from 'valibot';
import {type Digest, shortDigest} from '../image/digest.ts';
import type {Verdict} from '../image/verdict.ts';
import {digest} from './schemas.ts';

/** `absent`: the registry does not have the tag. */
type TagVerdict = Verdict | 'absent';

/** A tag that a build pushes, and what it is before that. `now`: absent where it names nothing, or that is not known. */
export type TagWrite = {tag: string; now?: Digest; verdict: TagVerdict};

export const tagVerdict = v.picklist(['intact', 'broken', 'unknown', 'absent']);

export const tagWrite: v.GenericSchema<unknown, TagWrite> = v.object({
	tag: v.string(),
	now: v.exactOptional(digest),
	verdict: tagVerdict,
});

/** @param name the whole reference of the tag */
export function sayWrite(name: string, {now, verdict}: TagWrite): string {
	const names = now === undefined ? '' : `: ${shortDigest(now)}`;
	switch (verdict) {
		case 'intact':
			return `pushes ${name} and overwrites an intact image${names}`;
		case 'broken':
			return `pushes ${name}, which is broken now${names}`;
		case 'absent':
			return `pushes ${name}, which does not exist now`;
		case 'unknown':
			return `pushes ${name}, of which it is not known what it is now${names}`;
	}
}

/** Of a tag that is not pushed although the configuration names it. */
export function sayLeft(name: string, {now, verdict}: TagWrite): string {
	const names = now === undefined ? '' : `: ${shortDigest(now)}`;
	return verdict === 'intact'
		? `leaves ${name} alone: it is intact${names}`
		: `leaves ${name} alone: it is not known what it is now${names}`;
}

/**
 * Why what was approved for a tag no longer holds; undefined: it holds. A tag that could not be read when the gate was shown may
 * have been read since, as long as it is not intact.
 */
export function whyChanged(name: string, shown: TagWrite, now: TagWrite): string | undefined {
	if (now.verdict === 'unknown') {
		return `It is not known what ${name} is now.`;
	}

	const wasUnread = shown.verdict === 'unknown' && shown.now === undefined;
	if (shown.now !== now.now && !wasUnread) {
		const before = shown.now === undefined ? 'did not exist' : `named ${shortDigest(shown.now)}`;
		const is = now.now === undefined ? 'names nothing' : `names ${shortDigest(now.now)}`;
		return `${name} has moved since you approved it: it ${before}, and ${is} now.`;
	}

	return now.verdict === 'intact' && shown.verdict !== 'intact'
		? `${name} is intact now${now.now === undefined ? '' : ` (${shortDigest(now.now)})`}, and was not when you approved it.`
		: undefined;
}

/**
 * What a build leaves out. `builds`: its platforms; absent: it is for one, and it is not known which. `unsaid`: the configuration does not
 * say that it may leave them out.
 */
export type PlatformLoss = {builds?: string; loses: {platform: string; verdict: Verdict}[]; unsaid?: true};

export const platformLoss: v.GenericSchema<unknown, PlatformLoss> = v.object({
	builds: v.exactOptional(v.string()),
	loses: v.array(v.object({platform: v.string(), verdict: v.picklist(['intact', 'broken', 'unknown'])})),
	unsaid: v.exactOptional(v.literal(true)),
});

export function sayLoss({builds, loses, unsaid}: PlatformLoss): string[] {
	if (loses.length === 0) {
		return [];
	}

	const names = loses.map(({platform}) => platform).join(', ');
	const whole = loses.flatMap(({platform, verdict}) => (verdict === 'intact' ? [platform] : []));
	const pulled = whole.length === 0 ? '' : `; ${whole.join(', ')} can be pulled now`;
	return [
		builds === undefined
			? `would lose all but one of ${names}: the host builds for one platform${pulled}`
			: unsaid
				? `would lose ${names}: the host builds for ${builds} only${pulled}; fallback.platforms can name more`
				: `would lose ${names}: it is built for ${builds} only${pulled}`,
	];
}
