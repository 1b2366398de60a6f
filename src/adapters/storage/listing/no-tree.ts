import {OperatorError} from '../../../domain/errors.ts';
import {exits} from '../scripts.ts';

/** @throws OperatorError storage.no-root | storage.denied | storage.no-find */
export function rejectNoTree(exitCode: number, root: string, place: string): void {
	if (exitCode === exits.noFolder || exitCode === exits.noTree) {
		const why = exitCode === exits.noFolder ? 'there is no such folder' : 'it holds no docker/registry/v2';
		throw new OperatorError('storage.no-root', `${root} on ${place} is not a registry's storage: ${why}.`, {
			hint: 'Name the folder that `rootdirectory` names in the registry’s config, as its host sees it.',
			exit: 'configuration',
		});
	}

	if (exitCode === exits.denied) {
		throw new OperatorError('storage.denied', `${root} on ${place} may not be entered.`, {
			hint: 'Log in as a user who may read the registry’s storage.',
			exit: 'refused',
		});
	}

	if (exitCode === exits.noFind) {
		throw new OperatorError('storage.no-find', `${place} has neither a find that prints nor a stat.`, {
			hint: 'Install findutils or busybox there, or scan a mounted copy with `--path`.',
			exit: 'configuration',
		});
	}
}
