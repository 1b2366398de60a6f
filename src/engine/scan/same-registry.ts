import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {isRepositoryName} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {type SameRegistry, type StoredTag, type StoreSample, sameRegistry} from '../../domain/storage/same-registry.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {spread} from './sample-whole.ts';

const mostNames = 50;
const mostTags = 6;

type SameRegistryOptions = Waiting & {
	/** A cache would ask its upstream for a tag: only names are compared then. */
	role: RegistryRole;
	/** Reads what the disk holds, and which of these names it does not. */
	readSample: (listed: readonly string[]) => Promise<StoreSample>;
};

/**
 * Finds out whether this registry serves that disk, with one page of the catalogue and a few manifests. A difference is read
 * twice, because a push may have been under way.
 * @throws OperatorError what `readSample` throws; an error of the registry is `unknown`
 */
export async function askSameRegistry(registry: Registry, options: SameRegistryOptions): Promise<SameRegistry> {
	const first = await askOnce(registry, options);
	return first.kind === 'another' || first.kind === 'partly' ? askOnce(registry, options) : first;
}

async function askOnce(registry: Registry, {role, readSample, signal}: SameRegistryOptions): Promise<SameRegistry> {
	const {listed, failure} = await listSome(registry, signal);
	const sample = await readSample(listed ?? []);
	const tags = role === 'cache' ? [] : spread(sample.tags, mostTags);
	const served: (Digest | 'absent' | 'unknown')[] = [];
	let why = failure;

	for (const tag of tags) {
		try {
			served.push(await servedFor(registry, tag, signal));
		} catch (error) {
			signal.throwIfAborted();
			const {message, exit} = asOperatorError(error);
			why ??= message;
			served.push('unknown');
			if (exit === 'unreachable' || exit === 'refused') {
				break;
			}
		}
	}

	const found = sameRegistry({listed, sample: {...sample, tags}, served});
	return found.kind === 'unknown' && why !== undefined ? {kind: 'unknown', why} : found;
}

/** Some names of the catalogue, which may be unavailable: then only tags are compared. */
async function listSome(registry: Registry, signal: AbortSignal): Promise<{listed?: string[]; failure?: string}> {
	const listed: string[] = [];
	try {
		for await (const name of registry.repositories({signal})) {
			if (isRepositoryName(name)) {
				listed.push(name);
			}

			if (listed.length === mostNames) {
				break;
			}
		}

		return {listed};
	} catch (error) {
		signal.throwIfAborted();
		const {message} = asOperatorError(error);
		return listed.length === 0 ? {failure: message} : {listed, failure: message};
	}
}

async function servedFor(
	registry: Registry,
	{repository, tag, digest}: StoredTag,
	signal: AbortSignal,
): Promise<Digest | 'absent' | 'unknown'> {
	const answer = await registry.manifest(repository, tag, {signal});
	if (answer.state === 'found') {
		// Altered bytes are damage: the registry still names the digest of the link.
		return answer.claimed === digest ? digest : answer.digest;
	}

	return answer.state === 'missing' ? 'absent' : 'unknown';
}
