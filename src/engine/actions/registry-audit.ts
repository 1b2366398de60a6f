import {toJson} from '../../domain/json.ts';
import {dangerousSchedules} from '../../domain/schedule.ts';
import {count} from '../../domain/wording.ts';
import type {Action} from '../action.ts';
import {storageOutcome} from './outcomes.ts';

/** Looks for what will do it again: the schedules on the registry's host. */
export const registryAudit: Action = {
	name: 'registry.audit',
	effect: 'read',
	inputs: {},
	outcomes: {
		found: 'something will break images again',
		clean: 'nothing that does is scheduled',
		unavailable: 'no storage is configured for this registry',
		refused: 'the host refuses us',
		unreachable: 'the host does not answer',
	},
	provides: {risks: 'each with its file, line, why it bites and what to change'},
	bare: ['refused', 'unreachable'],
	success: [],
	outcomeOf: storageOutcome,

	async run(_inputs, {ports, signal, log}) {
		if (!ports.storage) {
			return {
				outcome: 'unavailable',
				output: {risks: []},
				say: 'No storage is configured: the host’s schedules were not looked at.',
			};
		}

		const lines = await ports.storage.schedules({signal});
		for (const {file, line} of lines) {
			log(`${file}: ${line}`);
		}

		const risks = dangerousSchedules(lines);
		return {
			outcome: risks.length === 0 ? 'clean' : 'found',
			output: {risks: toJson(risks)},
			say:
				risks.length === 0
					? `${count(lines.length, 'schedule line')} read; none breaks images.`
					: `${count(risks.length, 'scheduled command')} will break images again (${risks.map(({file}) => file).join(', ')}).`,
		};
	},
};
