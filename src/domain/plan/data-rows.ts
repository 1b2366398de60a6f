import type {Digest} from '../image/digest.ts';
import {shortDigest} from '../image/digest.ts';
import type {OnlyWith} from '../incident/plan-row.ts';
import {byteSize} from '../text/wording.ts';
import type {BadData} from './bad-data.ts';
import {storingRemedies} from './plan.ts';
import {asideRow, backRow} from './row-id.ts';

/**
 * Bad data, and whether it can be moved aside. `isChosen`: what stores one of its images anew is recommended. `forgetIn`: the
 * repositories whose keys are in Redis.
 */
export type WeighedAside = BadData & {possible: boolean; isChosen: boolean; why: string; forgetIn?: string[]};

/** One row of a plan step that is about the data of one digest. */
export type DataRow = {
	id: string;
	title: string;
	recommended: 'move-aside' | 'leave';
	remedies: {remedy: 'move-aside' | 'put-back'; possible: boolean; why: string; after?: string[]}[];
	after: string[];
	onlyWith?: OnlyWith;
	/** The reference of one of its images: the registry is reached by it. */
	image: string;
	digest: Digest;
	size: number;
	/** All images that use it. */
	images: string[];
	/** Where the registry's cache is in Redis: the repositories whose keys have to go. */
	forgetIn?: string[];
	/** Of rows about images and of the restart. */
	damaged?: undefined;
	since?: undefined;
};

/** It moves only if one of its images is stored anew by the same plan. */
export function rowOfAside(
	{digest, size, images, names, possible, isChosen, why, forgetIn}: WeighedAside,
	image: string,
): DataRow {
	return {
		id: asideRow(digest),
		title: `bad data of ${shortDigest(digest)}, ${byteSize(size)}`,
		recommended: possible && isChosen ? 'move-aside' : 'leave',
		remedies: [{remedy: 'move-aside', possible, why}],
		after: [],
		onlyWith: {rows: images, remedies: [...storingRemedies]},
		image,
		digest,
		size,
		images: names,
		...(forgetIn && {forgetIn}),
	};
}

/** What an item of this incident moved aside, and nothing has replaced: the way back. */
export function rowOfBack({digest, size}: {digest: Digest; size: number}, image: string): DataRow {
	return {
		id: backRow(digest),
		title: `old data of ${shortDigest(digest)}, moved aside`,
		recommended: 'leave',
		remedies: [
			{
				remedy: 'put-back',
				possible: true,
				why: 'Nothing has replaced it. Its images are as they were then, damaged; choose nothing else for them in this plan.',
			},
		],
		after: [],
		image,
		digest,
		size,
		images: [],
	};
}
