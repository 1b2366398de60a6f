import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {currentLink, revisionLink} from '../../domain/storage/listing/paths.ts';
import {hintForDifference, sayDifference} from '../../domain/storage/say-difference.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {askSameRegistry} from '../scan/same-registry.ts';

/**
 * Why an image that the registry does not have may exist all the same: its disk holds the tag, is the disk of another
 * registry, or cannot be read. Undefined: the disk lacks the tag as well, so its name is wrong or it was removed.
 */
export async function absentOnlyOverHttp(
	image: ImageReference,
	{registry, storage, role}: {registry: Registry; storage: Storage; role: RegistryRole},
	{signal}: Waiting,
): Promise<OperatorError | undefined> {
	const {repository, digest} = image;
	const {host} = registry;
	const {place} = storage;
	const absent = `${host} does not have ${formatReference(image)}`;
	const link = digest === undefined ? currentLink(repository, target(image)) : revisionLink(repository, digest);
	const contradiction = (why: string, hint: string) =>
		new OperatorError('registry.answers-differ', `${absent}${why}`, {hint, exit: 'indeterminate'});

	try {
		const state = (await storage.recheck([link], {signal})).get(link)?.state ?? 'unread';
		const readSample = (listed: readonly string[]) => storage.sample(listed, {signal});
		const compared = await askSameRegistry(registry, {role, readSample, signal});
		const difference = compared.kind === 'another' ? sayDifference(compared, {host, place}) : undefined;
		if (difference !== undefined) {
			return contradiction(`. ${difference}`, hintForDifference);
		}

		return state === 'gone'
			? undefined
			: contradiction(
					state === 'there' ? `, but ${place} holds it.` : `; whether ${place} holds it could not be read.`,
					'Compare the registry with its disk: `regmedic check`.',
				);
	} catch (error) {
		signal.throwIfAborted();
		const {message, hint} = asOperatorError(error);
		return contradiction(`; its disk could not be asked: ${message}`, hint);
	}
}
