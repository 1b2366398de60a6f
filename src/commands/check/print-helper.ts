import {OperatorError} from '../../domain/errors.ts';
import type {Invocation} from '../../invocation.ts';
import {helperFor} from '../../wiring/helper.ts';
import {readSetup} from '../../wiring/setup.ts';
import {onlyRegistry, registryNamed} from '../configured-registry.ts';

const usualHelper = '/usr/local/sbin/regmedic-root';

/**
 * `regmedic check --print-helper`: prints the helper that root's sudo runs instead of a shell, for the store of one registry.
 * @param name of a configured registry. Absent: the only one
 */
export async function printHelperOf(invocation: Invocation, name: string | undefined): Promise<number> {
	const {configuration} = await readSetup(invocation);
	const known =
		name ??
		onlyRegistry(configuration, {
			code: 'check.helper',
			hintForNone: 'A helper is for one folder: configure registries.NAME.storage: {ssh: HOST, root: FOLDER} first.',
			hintForSeveral: 'A helper is for one folder. Name its registry: --registry NAME.',
		});
	const {storage} = registryNamed(configuration, known);
	if (storage?.root === undefined) {
		throw new OperatorError('check.helper', `registries.${known} has no storage.root.`, {
			hint: 'A helper is for one folder: write `root: FOLDER`, as the host sees it (`docker volume inspect` tells that of a volume).',
			exit: 'configuration',
		});
	}

	const helper = typeof storage.become === 'object' ? storage.become.sudo : usualHelper;
	invocation.print(
		helperFor({
			root: storage.root,
			helper,
			version: invocation.version,
			...(storage.ssh !== undefined && {ssh: storage.ssh}),
		}),
	);
	return 0;
}
