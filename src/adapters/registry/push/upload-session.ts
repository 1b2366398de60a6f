import {deleteScope} from '../request.ts';
import {discard, type RegistryResponse} from '../response.ts';
import type {Transport} from '../transport.ts';

const cancelMs = 5000;

/**
 * The URL at which an upload continues. It is taken as a path on the registry even where it names another host: behind a proxy
 * that hides TLS the registry calls itself http://, and credentials must not go anywhere else.
 */
export function sessionOf({base}: Pick<Transport, 'base'>, response: RegistryResponse): URL | undefined {
	const location = response.header('location');
	if (location === undefined || !URL.canParse(location, response.url.href)) {
		return undefined;
	}

	const {pathname, search} = new URL(location, response.url.href);
	return new URL(pathname + search, base);
}

/** What cannot be cancelled stays as a file until the registry purges it. */
export async function cancelUpload(transport: Transport, repository: string, session: URL | undefined): Promise<void> {
	if (session !== undefined) {
		const request = {
			method: 'DELETE',
			path: session,
			recordedUrl: withoutState(session),
			scope: deleteScope(repository),
		} as const;
		await transport.send(request, {signal: AbortSignal.timeout(cancelMs)}).then(discard, () => {});
	}
}

/** Without the state that the registry makes its clients carry. */
export function withoutState({origin, pathname}: URL): string {
	return origin + pathname;
}
