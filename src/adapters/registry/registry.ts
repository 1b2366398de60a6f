import type {Registry} from '../../engine/ports/registry.ts';
import type {RegistryOptions} from './options.ts';
import {askLimit} from './pull/ask-limit.ts';
import {checkBlob} from './pull/blob.ts';
import {listRepositories, listTags} from './pull/lists.ts';
import {getManifest} from './pull/manifest.ts';
import {createOptionalForms} from './pull/optional-forms.ts';
import {createReadBudget} from './pull/read-budget.ts';
import {servesFromMemory} from './pull/serves-from-memory.ts';
import {deleteManifest} from './push/delete-manifest.ts';
import {mountBlob} from './push/mount-blob.ts';
import {putManifest} from './push/put-manifest.ts';
import {uploadBlob} from './push/upload-blob.ts';
import {createTransport} from './transport.ts';

export type {RegistryOptions, RequestRecord} from './options.ts';

/** Some seconds on most networks. */
const usualReadBudget = 64 * 1024 * 1024;

/**
 * A registry over HTTP, as its clients see it. One request goes through `transport.ts` (login, redirects) and
 * `connection/sender.ts` (one URL), and comes back as a response that `pull/` or `push/` turns into an answer.
 * @throws OperatorError registry.ca-unreadable | registry.client-certificate
 */
export function createRegistry(options: RegistryOptions): Registry {
	const transport = createTransport(options);
	const source = {
		transport,
		forms: createOptionalForms(),
		budget: createReadBudget(options.readBudget ?? usualReadBudget),
	};

	return {
		host: options.host,
		manifest: (repository, reference, waiting) => getManifest(transport, repository, reference, waiting),
		blob: (repository, blob, depth, waiting) => checkBlob(source, {repository, blob, depth}, waiting),
		servesFromMemory: (repository, manifest, waiting) => servesFromMemory(transport, repository, manifest, waiting),
		tags: (repository, waiting) => listTags(transport, repository, waiting),
		repositories: waiting => listRepositories(transport, waiting),
		putManifest: (repository, reference, manifest, waiting) =>
			putManifest(transport, {repository, reference, manifest}, waiting),
		deleteManifest: (repository, digest, waiting) => deleteManifest(transport, {repository, digest}, waiting),
		mountBlob: (repository, digest, from, waiting) => mountBlob(transport, {repository, digest, from}, waiting),
		uploadBlob: (repository, blob, bytes, waiting) => uploadBlob(transport, {repository, blob, bytes}, waiting),
		certificate: transport.certificate,
		login: transport.login,
		rateLimit: transport.rateLimit,
		askLimit: (repository, reference, waiting) => askLimit(transport, repository, reference, waiting),
		requests: transport.requests,
		busy: transport.busy,
		fresh: () => createRegistry(options),
		close: transport.close,
	};
}
