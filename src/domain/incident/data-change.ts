import {type Digest, shortDigest} from '../image/digest.ts';
import {type RateLimit, sayRateLimit} from '../rate-limit.ts';
import {byteSize} from '../text/wording.ts';

/** `images`: all that use the data. */
export type MoveAside = {kind: 'move-aside'; digest: Digest; size: number; images: string[]};

export type PutBack = {kind: 'put-back'; digest: Digest; size: number};

/** `pulls`: manifests, which count upstream. `limit`: what the upstream says of its limit; absent: it is not known, or nothing is pulled. */
export type Refetch = {kind: 'refetch'; repository: string; digests: Digest[]; pulls: number; limit?: RateLimit};

/** Nothing is changed: `lines` tell a person what to change on the hosts that pull. */
export type Bypass = {kind: 'bypass'; cache: string; lines: string[]};

/** In Redis, of each of the repositories. Without `command` a person does it. */
export type ForgetCached = {kind: 'forget-cached'; digest: Digest; repositories: string[]; command?: string};

export function sayMoveAside({digest, size, images}: Pick<MoveAside, 'digest' | 'size' | 'images'>): string {
	return `moves the bad data of ${digest} aside on the host, ${byteSize(size)}; it is used by ${images.join('; ')}`;
}

export function sayPutBack({digest, size}: Pick<PutBack, 'digest' | 'size'>): string {
	return `puts the old data of ${digest} back into its place, ${byteSize(size)}; new data that is there stays`;
}

export function sayRefetch({repository, digests, pulls}: Pick<Refetch, 'repository' | 'digests' | 'pulls'>): string {
	return `has the cache fetch ${digests.join(', ')} of ${repository} from its upstream again: ${pulls} of them ${pulls === 1 ? 'is a manifest, and counts as a pull' : 'are manifests, and count as pulls'}`;
}

/** The limit is that of an address or an account: of this machine's, which need not be the cache's. */
export function sayLimit({pulls, limit}: Pick<Refetch, 'pulls' | 'limit'>): string[] {
	if (pulls === 0) {
		return [];
	}

	return [
		limit === undefined
			? 'how many pulls the upstream still allows is unknown'
			: `upstream: ${sayRateLimit(limit)}, as this machine sees it`,
	];
}

export function sayForget({digest, repositories, command}: Omit<ForgetCached, 'kind'>): string {
	const keys = `the keys of ${shortDigest(digest)} in ${repositories.join(', ')}`;
	return command === undefined
		? `by hand, when it was moved: delete ${keys} from Redis`
		: `deletes ${keys} from Redis: ${command}`;
}
