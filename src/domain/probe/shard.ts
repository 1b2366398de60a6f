import {OperatorError} from '../errors.ts';
import type {Shard} from './probe.ts';

/** More shards than this are a typing mistake. */
const mostShards = 10_000;

/**
 * Reads `I/N`, counted from 0 as Kubernetes counts the pods of an Indexed Job.
 * @throws OperatorError usage.shard
 */
export function parseShard(text: string): Shard {
	const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
	if (!match) {
		throw refused(`"${text}" is not a shard.`, 'Write --shard I/N, for example 0/4 for the first of four.');
	}

	const [index, of] = [Number(match[1]), Number(match[2])];
	if (of < 1 || of > mostShards) {
		throw refused(
			`The catalogue cannot be divided into ${of} shards.`,
			`Write --shard I/N with N from 1 to ${mostShards}.`,
		);
	}

	if (index >= of) {
		throw refused(`There is no shard ${index} of ${of}.`, `Shards are counted from 0: the last is ${of - 1}/${of}.`);
	}

	return {index, of};
}

export function formatShard({index, of}: Shard): string {
	return `${index}/${of}`;
}

/** Whether the repository belongs to this shard. It belongs to exactly one of N. */
export function isInShard(repository: string, {index, of}: Shard): boolean {
	return hashOf(repository) % of === index;
}

/**
 * FNV-1a with the finalizer of MurmurHash3: the low bits of FNV alone are uneven for names that end alike.
 * It must never change: the shards of one run may run different releases of regmedic.
 */
function hashOf(name: string): number {
	let hash = 0x811c9dc5;
	for (const byte of new TextEncoder().encode(name)) {
		hash = Math.imul(hash ^ byte, 0x01000193);
	}

	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}

function refused(message: string, hint: string): OperatorError {
	return new OperatorError('usage.shard', message, {hint, exit: 'usage'});
}
