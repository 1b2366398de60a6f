import type {Shell} from '../../../engine/ports/shell.ts';
import type {StoreIdentity} from '../../../engine/ports/storage.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';

const timeoutMs = 30_000;

/** Two paths that lead to one store print the same. `stat -f` is that of BSD and macOS. */
export const printIdentity = `${enterRoot}
real=$(pwd -P)
case $real in
*/docker/registry/v2) cd "\${real%/docker/registry/v2}" || exit 1 ;;
esac
pwd -P
stat -c '%d:%i' . 2>/dev/null || stat -f '%d:%i' . 2>/dev/null
`;

/** @throws OperatorError storage.no-root | storage.denied | ssh.* */
export async function identifyStore({
	shell,
	root,
	signal,
}: Waiting & {shell: Shell; root: string}): Promise<StoreIdentity> {
	const request = {kind: 'read', script: printIdentity, input: `${root}\n`, timeoutMs} as const;
	const asked = shell.hostKey?.({signal});
	// Where the store cannot be entered, that is what is told.
	asked?.catch(() => {});
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);
	const [real = '', device = ''] = Buffer.from(stdout).toString().split('\n');
	const hostKey = await asked;
	return {
		root: real === '' ? root : real,
		device: /^\d+:\d+$/.test(device) ? device : null,
		hostKey: hostKey ?? null,
	};
}
