/** What a token is for. @see distribution: docs/spec/auth/scope */
export const catalogueScope = 'registry:catalog:*';

export const pullScope = (repository: string) => `repository:${repository}:pull`;
export const pushScope = (repository: string) => `repository:${repository}:pull,push`;

/**
 * The registry knows better under which name it keeps a repository, behind a proxy that maps names. But it is not given
 * a token for more than was meant.
 */
export function agreedScope(meant: string, challenged: string | undefined): string {
	const {type, actions} = parts(meant);
	const asked = (challenged ?? '').split(' ').filter(scope => scope !== '');
	const isModest = asked.every(scope => {
		const other = parts(scope);
		return other.type === type && other.actions.every(action => actions.includes(action));
	});
	return asked.length > 0 && isModest ? asked.join(' ') : meant;
}

/** A name may hold a port, and so a colon. */
function parts(scope: string): {type: string; actions: string[]} {
	return {
		type: scope.slice(0, scope.indexOf(':')),
		actions: scope.slice(scope.lastIndexOf(':') + 1).split(','),
	};
}
