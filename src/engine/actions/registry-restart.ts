import type {Action} from './action.ts';
import {storageOutcome} from './outcomes.ts';

/** A running registry remembers blobs that a garbage collection took. @see distribution/distribution#4269 */
export const registryRestart: Action = {
	name: 'registry.restart',
	effect: 'write',
	inputs: {},
	outcomes: {
		restarted: 'the command ended well',
		failed: 'the command failed',
		unavailable: 'no restart command is configured',
		refused: 'the host refuses us',
		unreachable: 'the host does not answer',
	},
	provides: {},
	success: ['restarted'],
	outcomeOf: storageOutcome,

	async gate(_inputs, {ports}) {
		return {
			target: ports.storage?.place ?? 'the registry',
			changes: [
				`runs: ${ports.storage?.restartCommand ?? '(no command is configured)'}`,
				'pulls and pushes fail until the registry is up again',
			],
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
			: {outcome: 'failed', output: {}, say: `The restart command ended with ${exitCode}.`};
	},

	async reconcile() {
		return {
			found: 'unknown',
			say: 'Nothing on the host tells whether the restart ran. Look at the registry, then say by hand what became of it.',
		};
	},
};
