import {OperatorError} from '../../src/domain/errors.ts';
import type {CatalogueEnd, Registry} from '../../src/engine/ports/registry.ts';
import type {Waiting} from '../../src/engine/ports/waiting.ts';
import {fakeRegistry, type Manifest, smallManifest} from './fake-ports.ts';

type Options = {
	names: Iterable<string>;
	/** How the catalogue ends. */
	catalogueFails?: Error;
	end?: Partial<CatalogueEnd>;
	/** `undefined`: the repository is gone. */
	tags?: (repository: string) => string[] | undefined;
	/** `undefined`: the tag is gone. */
	image?: (repository: string, tag: string) => Manifest | undefined;
	/** Called for every request; it may throw or wait. */
	asked?: (question: string, waiting: Waiting) => void | Promise<void>;
};

/** A registry of any size that takes no memory: every repository has the same tags, every tag an image. */
export function catalogueRegistry({
	names,
	catalogueFails,
	end,
	tags = () => ['latest'],
	image = (repository, tag) => smallManifest(`${repository}:${tag}`),
	asked = () => {},
}: Options): Registry {
	let requests = 0;
	const ask = async (question: string, waiting: Waiting) => {
		waiting.signal.throwIfAborted();
		requests++;
		await asked(question, waiting);
	};
	const missing = {state: 'missing', status: 404, detail: 'unknown'} as const;

	return {
		...fakeRegistry(),
		requests: () => requests,
		async *repositories(waiting) {
			await ask('catalogue', waiting);
			yield* names;
			if (catalogueFails) {
				throw catalogueFails;
			}

			return {pages: 1, furtherRequests: 0, mayOmit: [], ...end};
		},
		async tags(repository, waiting) {
			await ask(`tags ${repository}`, waiting);
			return tags(repository);
		},
		async manifest(repository, reference, waiting) {
			await ask(`manifest ${repository} ${reference}`, waiting);
			const found = image(repository, reference);
			return found ? {state: 'found', ...found, mediaType: 'application/vnd.oci.image.manifest.v1+json'} : missing;
		},
		async blob(repository, {digest}, _depth, waiting) {
			await ask(`blob ${repository} ${digest}`, waiting);
			return {state: 'present', status: 200};
		},
	};
}

export function registryDown(): OperatorError {
	return new OperatorError('registry.unreachable', 'Nothing listens.', {hint: 'Start it.', exit: 'unreachable'});
}

export function keptOut(): OperatorError {
	return new OperatorError('registry.forbidden', 'Not for you.', {hint: 'Ask for access.', exit: 'refused'});
}
