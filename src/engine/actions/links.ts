import type {Digest} from '../../domain/image/digest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import type {PathState} from '../../domain/storage/listing/listing.ts';
import {blobData, currentLink, layerLink, revisionLink, tagFolder} from '../../domain/storage/listing/paths.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {ActionContext} from './action.ts';

/** The state on the disk of the links that the steps write, by path. */
export type Links = ReadonlyMap<string, PathState>;

export async function linksOf(steps: readonly RelinkStep[], {ports, signal}: ActionContext): Promise<Links> {
	return (await ports.storage?.recheck(pathsOf(steps), {signal})) ?? new Map();
}

/** The links that the steps write, and the folders of their tags. */
export function pathsOf(steps: readonly RelinkStep[]): string[] {
	const folders = steps.flatMap(step => (step.kind === 'restore-tag' ? tagFolder(step.repository, step.tag) : []));
	return [...new Set([...steps.map(linkOf), ...folders])];
}

/** The same context, whose disk tells these paths as they are now, from one command that begins at once. */
export function readingDiskOnce(paths: readonly string[], context: ActionContext): ActionContext {
	const {ports, signal} = context;
	const {storage} = ports;
	if (storage === undefined) {
		return context;
	}

	const read = storage.recheck(paths, {signal});
	// Whoever asks for one of them is told.
	read.catch(() => {});
	const recheck: typeof storage.recheck = async (asked, waiting) => {
		const known = await read;
		return asked.every(path => known.has(path)) ? known : storage.recheck(asked, waiting);
	};
	return {...context, ports: {...ports, storage: {...storage, recheck}}};
}

/** Those of them whose bytes are gone from the disk. */
export async function goneFromDisk(digests: readonly Digest[], {ports, signal}: ActionContext): Promise<Digest[]> {
	const states = digests.length === 0 ? undefined : await ports.storage?.recheck(digests.map(blobData), {signal});
	return digests.filter(digest => states?.get(blobData(digest))?.state === 'gone');
}

export function linkOf(step: RelinkStep): string {
	switch (step.kind) {
		case 'put-manifest':
			return revisionLink(step.repository, step.digest);
		case 'restore-tag':
			return currentLink(step.repository, step.tag);
		case 'mount-blob':
		case 'upload-blob':
			return layerLink(step.repository, step.digest);
	}
}

/**
 * Whether a step is done already. That the registry serves it is no proof: until its next restart it serves a blob from memory
 * whose link is gone.
 */
export async function stillDone(
	step: RelinkStep,
	links: Links,
	context: ActionContext,
): Promise<'yes' | 'no' | 'unknown'> {
	const link = links.get(linkOf(step)) ?? {state: 'unread'};
	if (link.state === 'gone' || (link.state === 'there' && link.size !== step.digest.length)) {
		return 'no';
	}

	const {ports, signal} = context;
	if (!(await isServed(step, ports.registry, {signal}))) {
		return 'no';
	}

	// Without a disk, what the registry serves is all that is known.
	return link.state === 'unread' && ports.storage !== undefined ? 'unknown' : 'yes';
}

/** Whether the registry serves it. Of a blob the last byte is read, which the descriptor cache cannot fake. */
export async function isServed(step: RelinkStep, registry: Registry, {signal}: Waiting): Promise<boolean> {
	const {repository} = step;
	if (step.kind === 'mount-blob' || step.kind === 'upload-blob') {
		const {digest, size} = step;
		return (await registry.blob(repository, {digest, size}, 'edge', {signal})).state === 'present';
	}

	const answer = await registry.manifest(repository, step.kind === 'restore-tag' ? step.tag : step.digest, {signal});
	return answer.state === 'found' && answer.digest === step.digest;
}
