/** What a token is for. @see distribution: docs/spec/auth/scope */
export const catalogueScope = 'registry:catalog:*';

export const pullScope = (repository: string) => `repository:${repository}:pull`;
export const pushScope = (repository: string) => `repository:${repository}:pull,push`;
export const mountScope = (repository: string, from: string) => `${pushScope(repository)} ${pullScope(from)}`;
/** 2.8 wants this for an upload that is called off. @see distribution v2.8.3 registry/handlers/app.go, appendAccessRecords */
export const deleteScope = (repository: string) => `repository:${repository}:delete`;

/**
 * The registry knows better under which name it keeps a repository, behind a proxy that maps names. But it is not given
 * a token for more than was meant.
 */
export function agreedScope(meant: string, challenged: string | undefined): string {
	const wanted = parts(meant);
	const asked = parts(challenged ?? '');
	// Those with more actions first: each of them must have one to match that means as much.
	const isModest = asked.every(({type, actions}, at) => {
		const other = wanted[Math.min(at, wanted.length - 1)]!;
		return type === other.type && actions.every(action => other.actions.includes(action));
	});
	return asked.length > 0 && isModest
		? challenged!
				.split(' ')
				.filter(scope => scope !== '')
				.join(' ')
		: meant;
}

/** A name may hold a port, and so a colon. */
function parts(scopes: string): {type: string; actions: string[]}[] {
	return scopes
		.split(' ')
		.filter(scope => scope !== '')
		.map(scope => ({
			type: scope.slice(0, scope.indexOf(':')),
			actions: scope.slice(scope.lastIndexOf(':') + 1).split(','),
		}))
		.sort((a, b) => b.actions.length - a.actions.length);
}
