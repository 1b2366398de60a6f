import {asOperatorError} from '../../domain/errors.ts';
import {type Digest, isDigestOfNothing} from '../../domain/image/digest.ts';
import type {CopyPart} from '../../domain/remedy/copy-back.ts';
import type {PathState} from '../../domain/storage/listing/listing.ts';
import {blobData, layerLink, revisionLink} from '../../domain/storage/listing/paths.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** A part of an image of this repository. `size`: bytes, from its descriptor; absent of what nothing describes. */
export type WantedPart = {repository: string; digest: Digest; role: CopyPart['role']; size?: number};

/** `lacking`: neither the registry nor its disk has it. */
type Found = Exclude<CopyPart['where'], 'sources' | 'gone'> | 'lacking';

type Find = (parts: readonly WantedPart[], waiting: Waiting) => Promise<Found[]>;

const requestsAtOnce = 8;

/**
 * Where the disk has each part, in one command.
 * @param corrupt digests whose data was hashed, and does not match
 */
export function findOnDisk(storage: Pick<Storage, 'recheck'>, corrupt: ReadonlySet<Digest>): Find {
	return async (parts, waiting) => {
		const paths = parts.flatMap(part => [blobData(part.digest), linkOf(part)]);
		const states = await storage.recheck([...new Set(paths)], waiting);
		return parts.map(part => {
			const data = states.get(blobData(part.digest)) ?? {state: 'unread'};
			const link = states.get(linkOf(part)) ?? {state: 'unread'};
			if (data.state !== 'there') {
				return data.state === 'gone' ? 'lacking' : 'unread';
			}

			if (!isWhole(part, data) || corrupt.has(part.digest)) {
				return 'in-the-way';
			}

			const isLinked = link.state === 'there' && link.size === part.digest.length;
			return link.state === 'unread' ? 'unread' : isLinked ? 'linked' : 'disk';
		});
	};
}

function isWhole({digest, size}: WantedPart, data: PathState & {state: 'there'}): boolean {
	const isOfSize = size === undefined ? data.size > 0 || isDigestOfNothing(digest) : data.size === size;
	return data.is === undefined && isOfSize;
}

function linkOf({repository, digest, role}: WantedPart): string {
	return role === 'manifest' ? revisionLink(repository, digest) : layerLink(repository, digest);
}

/** Without a disk, what the registry serves is all that is known. What it promises and does not deliver may be stored again. */
export function findOverHttp(registry: Registry): Find {
	return async (parts, waiting) => {
		const found: Found[] = parts.map(() => 'unread');
		const queue = [...parts.entries()];
		await forEachConcurrently(
			() => queue.shift(),
			requestsAtOnce,
			async ([at, part]) => {
				found[at] = await askRegistry(part, registry, waiting);
			},
		);
		return found;
	};
}

async function askRegistry(
	{repository, digest, role, size = 0}: WantedPart,
	registry: Registry,
	waiting: Waiting,
): Promise<Found> {
	try {
		const {state} =
			role === 'manifest'
				? await registry.manifest(repository, digest, waiting)
				: await registry.blob(repository, {digest, size}, 'edge', waiting);
		switch (state) {
			case 'found':
			case 'present':
				return 'linked';
			case 'missing':
			case 'unserved':
				return 'lacking';
			case 'unreadable':
				return 'unread';
			default:
				return 'in-the-way';
		}
	} catch (error) {
		waiting.signal.throwIfAborted();
		asOperatorError(error);
		return 'unread';
	}
}
