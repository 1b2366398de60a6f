import {printHelper} from '../adapters/ssh/print-helper.ts';
import {parseDestination} from '../adapters/ssh/ssh-program.ts';
import {storeScripts} from '../adapters/storage/store-scripts.ts';
import {OperatorError} from '../domain/errors.ts';
import {visibleLine} from '../domain/text/visible.ts';

/**
 * The text of the helper for one store. It is a script for root: what it is made of is a path or a name, and nothing else.
 * @throws OperatorError check.helper
 */
export function helperFor({
	root,
	helper,
	ssh,
	version,
}: {
	root: string;
	helper: string;
	ssh?: string;
	version: string;
}): string {
	const login = (ssh === undefined ? undefined : parseDestination(ssh).user) ?? 'LOGIN';
	refuseUnless(isPlainPath(root), `storage.root ${visibleLine(root)}`);
	refuseUnless(isPlainPath(helper) && !/[\s,:=!\\#*?[\]]/.test(helper), `storage.become.sudo ${visibleLine(helper)}`);
	refuseUnless(/^[\w.@%+-]+$/.test(login), `the login ${visibleLine(login)}`);
	return printHelper(storeScripts, {root: root.replace(/(?<=.)\/+$/, ''), helper, login, version});
}

/** Absolute, and one line: `/srv/registry`. */
function isPlainPath(path: string): boolean {
	return /^\/[^\p{Cc}\u2028\u2029]*$/u.test(path) && !path.split('/').includes('..');
}

function refuseUnless(isPlain: boolean, what: string): void {
	if (!isPlain) {
		throw new OperatorError('check.helper', `No helper is made for ${what}: root would run a script that holds it.`, {
			hint: 'Write an absolute path without `..` and without control characters; the path of the helper and the login also without spaces and characters that sudoers reads.',
			exit: 'configuration',
		});
	}
}
