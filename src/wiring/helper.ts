import {printHelper} from '../adapters/ssh/print-helper.ts';
import {parseDestination} from '../adapters/ssh/ssh-program.ts';
import {storeScripts} from '../adapters/storage/store-scripts.ts';

/** The text of the helper for one store. */
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
	return printHelper(storeScripts, {root: root.replace(/(?<=.)\/+$/, ''), helper, login, version});
}
