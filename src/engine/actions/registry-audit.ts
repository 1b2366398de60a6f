import {isUpkeep, judgeUpkeep} from '../../domain/audit/audit.ts';
import {toJson} from '../../domain/json.ts';
import {count} from '../../domain/wording.ts';
import type {Action} from '../action.ts';
import {storageOutcome} from './outcomes.ts';

/** Looks for what will do it again: schedules and scripts on the registry's host. */
export const registryAudit: Action = {
	name: 'registry.audit',
	effect: 'read',
	inputs: {},
	outcomes: {
		found: 'something will break images again',
		clean: 'nothing that does is scheduled',
		unavailable: 'no storage is configured for this registry, or not all of the host could be looked at',
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

		const upkeep = await ports.storage.upkeep({signal});
		const audit = judgeUpkeep(upkeep);
		for (const {file, at, line} of audit.risks) {
			log(`${file}${at === undefined ? '' : `:${at}`}: ${line}`);
		}

		const risks = audit.risks.filter(isUpkeep);
		const others = audit.risks.length - risks.length;
		const more = others === 0 ? '' : ` ${count(others, 'more thing')} to know: regmedic audit.`;
		const output = {risks: toJson(risks)};
		if (risks.length > 0) {
			const files = [...new Set(risks.map(({file}) => file))].join(', ');
			return {outcome: 'found', output, say: `${count(risks.length, 'risk')} in what the host runs (${files}).${more}`};
		}

		if (upkeep.gaps.length > 0) {
			return {
				outcome: 'unavailable',
				output,
				say: `Nothing was found, but not everything was looked at: ${upkeep.gaps.join('; ')}.${more}`,
			};
		}

		return {
			outcome: 'clean',
			output,
			say: `${count(upkeep.files.length, 'file')} of upkeep read; nothing in them breaks images.${more}`,
		};
	},
};
