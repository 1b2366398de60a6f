import {asOperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import type {ImageCheck, RegistryRole} from '../../domain/image/verdict.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

/**
 * Whether an image that is intact over HTTP may have lost links on the disk. A cache is not asked: the question would make it
 * fetch a blob. A registry that does not answer has proven nothing.
 * @param check of an image that was walked a moment ago
 */
export async function mayLackLinks(
	registry: Registry,
	{reference, digest, verdict}: Pick<ImageCheck, 'reference' | 'digest' | 'verdict'>,
	{role, signal}: Waiting & {role: RegistryRole},
): Promise<boolean> {
	if (role === 'cache' || verdict !== 'intact' || digest === undefined) {
		return false;
	}

	try {
		return await registry.servesFromMemory(parseReference(reference).repository, digest, {signal});
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return false;
	}
}
