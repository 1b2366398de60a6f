import type {Digest} from '../../../domain/image/digest.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {pullScope} from '../request.ts';
import {readShort} from '../response.ts';
import type {Transport} from '../transport.ts';

/**
 * Whether a registry is proven to be a distribution 3.x that remembers the links of manifests. There manifests and layers share
 * the descriptor cache, so a manifest that was just served is a blob as well; without the cache, and on 2.8, it is none. Other
 * registries may keep both together, and the first registries put manifest links among the layers: so the headers have to be
 * those of a blob of distribution, and the base those of 3.x. Anything else proves nothing.
 * @param manifest served a moment ago
 * @see distribution v3.1.1 registry/storage/registry.go (Manifests), registry/storage/blobserver.go, registry/handlers/app.go
 * (apiBase): 2.8 adds a charset to its JSON
 * @throws OperatorError registry.*
 */
export async function servesFromMemory(
	transport: Transport,
	repository: string,
	manifest: Digest,
	waiting: Waiting,
): Promise<boolean> {
	const scope = pullScope(repository);
	const blob = await transport.send({method: 'HEAD', path: `${repository}/blobs/${manifest}`, scope}, waiting);
	await readShort(blob);
	if (blob.status !== 200 || blob.header('etag') !== `"${manifest}"`) {
		return false;
	}

	const base = await transport.send({method: 'GET', path: transport.base, scope}, waiting);
	const text = await readShort(base);
	return (
		base.status === 200 &&
		text === '{}' &&
		base.header('content-type') === 'application/json' &&
		base.header('docker-distribution-api-version') === 'registry/2.0' &&
		// GitLab's fork has its own memory.
		base.header('gitlab-container-registry-version') === undefined
	);
}
