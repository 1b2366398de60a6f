import {deleteScope} from '../login/scope.ts';
import {type Answer, discard} from '../response.ts';
import type {Transport} from '../transport.ts';

const callOffMs = 5000;

/**
 * Where the upload goes on. What leads away is taken as the same path here: behind a proxy that hides TLS the registry names
 * itself http://, and credentials go nowhere else.
 */
export function sessionOf({base}: Pick<Transport, 'base'>, answer: Answer): URL | undefined {
	const location = answer.header('location');
	if (location === undefined || !URL.canParse(location, answer.url.href)) {
		return undefined;
	}

	const {pathname, search} = new URL(location, answer.url.href);
	return new URL(pathname + search, base);
}

/** An upload that nobody goes on with. What cannot be called off stays as a file until the registry purges it. */
export async function callOff(transport: Transport, repository: string, session: URL | undefined): Promise<void> {
	if (session !== undefined) {
		const asking = {method: 'DELETE', path: session, scope: deleteScope(repository), name: nameOf(session)} as const;
		await transport.ask(asking, {signal: AbortSignal.timeout(callOffMs)}).then(discard, () => {});
	}
}

/** Without the state that the registry has its clients carry about. */
export function nameOf({origin, pathname}: URL): string {
	return origin + pathname;
}
