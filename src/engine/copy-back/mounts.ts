import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {CopyBack} from '../../domain/remedy/copy-back.ts';
import {layerLink} from '../../domain/storage/listing/paths.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';

/** A catalogue of 2.8 walks the whole store for each page. */
const mostRepositories = 2000;
/** Asked of the disk at once. */
const mostLinks = 20_000;

/**
 * Finds, for each blob that is on the disk and not linked in its repository, another repository that links it: mounting it from there
 * needs no upload. Where the registry lists no repositories, or the disk does not tell, it is uploaded as before. Only reads.
 */
export async function withMounts(
	repository: string,
	copyBack: CopyBack,
	{registry, storage, signal}: Waiting & {registry: Registry; storage?: Storage | undefined},
): Promise<CopyBack> {
	const unlinked = copyBack.parts.filter(({role, where}) => role !== 'manifest' && where === 'disk');
	if (storage === undefined || unlinked.length === 0) {
		return copyBack;
	}

	try {
		const others = (await namesIn(registry, {signal})).filter(name => name !== repository);
		const asked = nearestFirst(repository, others).slice(0, Math.floor(mostLinks / unlinked.length));
		const paths = unlinked.flatMap(({digest}) => asked.map(name => layerLink(name, digest)));
		const states = await storage.recheck(paths, {signal});
		const linking = (digest: Digest) =>
			asked.find(name => {
				const link = states.get(layerLink(name, digest));
				return link?.state === 'there' && link.size === digest.length;
			});
		return {
			...copyBack,
			parts: copyBack.parts.map(part => {
				const from = unlinked.includes(part) ? linking(part.digest) : undefined;
				return from === undefined ? part : {...part, from};
			}),
		};
	} catch (error) {
		signal.throwIfAborted();
		asOperatorError(error);
		return copyBack;
	}
}

async function namesIn(registry: Registry, {signal}: Waiting): Promise<string[]> {
	const names: string[] = [];
	for await (const name of registry.repositories({signal})) {
		names.push(name);
		if (names.length === mostRepositories) {
			break;
		}
	}

	return names;
}

/** Those of the same namespace share the most layers. */
function nearestFirst(repository: string, names: readonly string[]): string[] {
	const namespace = `${repository.split('/')[0]}/`;
	const isNear = (name: string) => name.startsWith(namespace);
	return [...names.filter(isNear), ...names.filter(name => !isNear(name))];
}
