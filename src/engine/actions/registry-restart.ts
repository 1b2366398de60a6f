import {defined} from '../../domain/defined.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Restarts the registry: a running one has blobs in memory that a garbage collection took. @see distribution/distribution#4269 */
export const registryRestart: ActionNamed<'registry.restart'> = {
	name: 'registry.restart',
	parse: inputParser('registry.restart'),
	effect: 'write',
	inputs: {},
	outcomes: {
		restarted: 'the command succeeded',
		failed: 'the command failed',
		unavailable: 'no restart command is configured',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {},
	success: ['restarted'],
	outcomeOf: refusedOrUnreachable,

	async gate(_inputs, {ports}) {
		return {
			target: ports.storage?.place ?? 'the registry',
			changes: [{kind: 'restart', ...defined({command: ports.storage?.restartCommand})}],
			undo: 'None is needed: a restart changes nothing that is stored.',
			phrase: 'restart the registry',
		};
	},

	async run(_inputs, context) {
		const {storage} = context.ports;
		if (storage?.restartCommand === undefined) {
			return {outcome: 'unavailable', output: {}, say: 'No restart command is configured.'};
		}

		const {exitCode, output} = await storage.restart(context);
		context.log(output);
		return exitCode === 0
			? {outcome: 'restarted', output: {}, say: 'The registry was restarted.'}
			: {outcome: 'failed', output: {}, say: `The restart command failed with exit code ${exitCode}.`};
	},

	async reconcile() {
		return {
			kind: 'unknown',
			say: 'The host keeps no record of the restart. Look at the registry, then record the outcome by hand.',
		};
	},
};
