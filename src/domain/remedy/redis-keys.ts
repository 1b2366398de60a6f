import {type Digest, shortDigest} from '../image/digest.ts';
import type {Finding} from '../storage/findings/finding.ts';

/** A part that a registry has in its descriptor cache, and its disk does not have. */
export type CachedPart = {repository: string; digest: Digest};

/** What the disk lacks by these findings, each part once. */
export function partsGone(findings: readonly Finding[]): CachedPart[] {
	const parts = findings.flatMap(({kind, repository, digest, missing}) => [
		...(digest !== undefined && goneItself.includes(kind) ? [{repository, digest}] : []),
		...missing.map(part => ({repository, digest: part})),
	]);
	return [...new Map(parts.map(part => [`${part.repository} ${part.digest}`, part])).values()];
}

const goneItself: readonly Finding['kind'][] = [
	'config-missing',
	'layer-missing',
	'layer-unlinked',
	'child-missing',
	'tag-dangling',
	'answers-differ',
];

/**
 * The commands that make a registry forget parts which it has cached in Redis.
 * @see distribution v2.8.3 registry/storage/cache/redis/redis.go: the keys
 */
export function redisCommands(parts: readonly CachedPart[]): string[] {
	return redisLines(parts).map(line => `redis-cli ${line}`);
}

/** The same for the standard input of redis-cli. */
export function redisLines(parts: readonly CachedPart[]): string[] {
	return parts.flatMap(({repository, digest}) => [
		`DEL blobs::${digest} repository::${repository}::blobs::${digest}`,
		`SREM repository::${repository}::blobs ${digest}`,
	]);
}

const mostNamed = 2;

/** The same in one sentence, for a row of a table. */
export function sayRedisKeys(parts: readonly CachedPart[]): string {
	const named = parts.slice(0, mostNamed).map(({digest}) => shortDigest(digest));
	const more = parts.length > mostNamed ? ` and ${parts.length - mostNamed} more` : '';
	const digests = named.length === 0 ? 'each missing digest' : `${named.join(', ')}${more}`;
	const repository = parts[0]?.repository ?? 'REPOSITORY';
	return `the keys blobs::DIGEST and repository::${repository}::blobs::DIGEST, and DIGEST in the set repository::${repository}::blobs, for ${digests}; or FLUSHDB, if nothing else uses that database`;
}
