import type {Registry} from '../../engine/ports.ts';
import {checkBlob} from './blob.ts';
import {getManifest} from './manifest.ts';
import type {RegistryOptions} from './options.ts';
import {listNames} from './pages.ts';
import {putManifest} from './put-manifest.ts';
import {createTransport} from './transport.ts';

export type {RegistryOptions, RequestRecord, Timeouts} from './options.ts';

/**
 * A registry over HTTP, as anybody sees it who pulls from it.
 * @throws OperatorError registry.ca-unreadable
 */
export function createRegistry(options: RegistryOptions): Registry {
	const transport = createTransport(options);

	return {
		host: options.host,
		manifest: (repository, reference, waiting) => getManifest(transport, repository, reference, waiting),
		blob: (repository, blob, depth, waiting) => checkBlob(transport, repository, blob, depth, waiting),
		tags: (repository, waiting) => listNames(transport, `${repository}/tags/list`, 'tags', waiting),
		async *repositories(waiting) {
			yield* (await listNames(transport, '_catalog?n=1000', 'repositories', waiting)) ?? [];
		},
		busy: () => 0,
		putManifest: (repository, reference, manifest, waiting) =>
			putManifest(transport, repository, reference, manifest, waiting),
		requests: transport.requests,
		fresh: () => createRegistry(options),
		close: transport.close,
	};
}
