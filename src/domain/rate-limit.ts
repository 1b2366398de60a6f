import {sayDuration} from './text/time.ts';

/** What a registry says of its limit: so many requests are left, of so many in a window of time. */
export type RateLimit = {remaining: number; limit?: number; windowSeconds?: number};

/** `100;w=21600` @see docs.docker.com/docker-hub/usage/pulls: ratelimit-limit and ratelimit-remaining */
const quantity = /^\s*(\d{1,9})\s*(?:;\s*w=(\d{1,9})\s*)?(?:[;,]|$)/;

/** Undefined: the registry says nothing of a limit. */
export function readRateLimit(remaining: string | undefined, limit: string | undefined): RateLimit | undefined {
	const [, left, window] = quantity.exec(remaining ?? '') ?? [];
	if (left === undefined) {
		return undefined;
	}

	const [, most, per = window] = quantity.exec(limit ?? '') ?? [];
	return {
		remaining: Number(left),
		...(most !== undefined && {limit: Number(most)}),
		...(per !== undefined && {windowSeconds: Number(per)}),
	};
}

/** `76 of 100 requests are left in 6 h` */
export function sayRateLimit({remaining, limit, windowSeconds}: RateLimit): string {
	const of = limit === undefined ? '' : ` of ${limit}`;
	const window = windowSeconds === undefined ? '' : ` in ${sayDuration(windowSeconds * 1000)}`;
	return `${remaining}${of} requests are left${window}`;
}
