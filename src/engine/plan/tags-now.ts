import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

/** What each tag names now; null: nothing. One that cannot be read is left out. */
export async function readTags(
	registry: Registry,
	{repository, tags}: {repository: string; tags: readonly string[]},
	{signal}: Waiting,
): Promise<Map<string, Digest | null>> {
	const found = new Map<string, Digest | null>();
	for (const tag of tags) {
		const answer = await registry.manifest(repository, tag, {signal}).catch(error => {
			signal.throwIfAborted();
			asOperatorError(error);
			return undefined;
		});
		if (answer?.state === 'found' || answer?.state === 'missing') {
			found.set(tag, answer.state === 'found' ? answer.digest : null);
		}
	}

	return found;
}
