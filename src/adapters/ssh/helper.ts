import {OperatorError} from '../../domain/errors.ts';
import type {Launcher, Shell} from '../../engine/ports/shell.ts';
import {becoming, sudoRefused} from './become.ts';

/**
 * A shell whose scripts run by a root-owned helper instead of root's shell. It runs the scripts that it lists, about one folder.
 * @see regmedic check --print-helper
 * @param helper its path on the host, which stands in the sudoers
 */
export function createHelperShell(host: Shell, helper: string): Shell {
	const launcher: Launcher = {
		command: [...becoming('sudo').slice(0, -1), '-n', helper],
		refused: said => helperRefused(said, helper, host.place) ?? sudoRefused('sudo', said, host.place, helper),
	};
	return {
		place: host.place,
		run: (request, waiting) => host.run({...request, launcher}, waiting),
		hostKey: async waiting => host.hostKey?.(waiting),
		close: async () => {},
	};
}

function helperRefused(said: string, helper: string, place: string): OperatorError | undefined {
	const why = /^regmedic-root: (.+)$/m.exec(said)?.[1];
	if (why !== undefined) {
		return new OperatorError('ssh.become', `${place}: ${helper} refuses: ${why}.`, {
			hint: 'Print it anew with this version of regmedic and for this folder (`regmedic check --print-helper`), and put it in its place there as root.',
			exit: 'refused',
		});
	}

	return /^sudo: .*(?:command not found|unable to execute)/m.test(said)
		? new OperatorError('ssh.become', `${place}: there is no ${helper}.`, {
				hint: 'Print it with `regmedic check --print-helper`, and put it there as root (mode 0755).',
				exit: 'refused',
			})
		: undefined;
}
