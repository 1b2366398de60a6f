import {acceptedManifests} from '../../../domain/image/media-type.ts';
import type {RateLimit} from '../../../domain/rate-limit.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {pullScope} from '../request.ts';
import {discard} from '../response.ts';
import type {Transport} from '../transport.ts';

/**
 * Docker Hub counts no pull for the HEAD of a manifest, and its response has the limit, also where it is 404 or 429.
 * @see docs.docker.com/docker-hub/usage/pulls, "View pull rate and limit"
 */
export async function askLimit(
	transport: Transport,
	repository: string,
	reference: string,
	waiting: Waiting,
): Promise<RateLimit | undefined> {
	const response = await transport.send(
		{
			method: 'HEAD',
			path: `${repository}/manifests/${reference}`,
			scope: pullScope(repository),
			headers: {accept: acceptedManifests.join(', ')},
		},
		waiting,
	);
	discard(response);
	return transport.rateLimit();
}
