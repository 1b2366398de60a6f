import {assessMaintenance} from '../../domain/audit/audit.ts';
import {comesFromMaintenance, type Hazard} from '../../domain/audit/hazard.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {count} from '../../domain/text/wording.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Looks for what will cause the incident again: schedules and scripts on the registry's host. */
export const registryAudit: ActionNamed<'registry.audit'> = {
	name: 'registry.audit',
	parse: inputParser('registry.audit'),
	effect: 'read',
	inputs: {},
	outcomes: {
		found: 'a schedule or script will break images again',
		clean: 'no schedule or script was found that breaks images',
		unavailable: 'no storage is configured for this registry, or not all of the host could be read',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {risks: 'each with its file, line, the reason and the advice'},
	bare: ['refused', 'unreachable'],
	success: [],
	outcomeOf: refusedOrUnreachable,

	async run(_inputs, {ports, signal, log}) {
		if (!ports.storage) {
			return {
				outcome: 'unavailable',
				output: {risks: []},
				say: 'No storage is configured: the schedules of the host were not read.',
			};
		}

		const maintenance = await ports.storage.maintenance({signal});
		const audit = assessMaintenance(maintenance);
		for (const risk of audit.risks) {
			log(`${placeOf(risk)}: ${risk.line}`);
			log(`  ${risk.why} ${risk.advice}`);
		}

		const risks = audit.risks.filter(comesFromMaintenance);
		const others = audit.risks.length - risks.length;
		const more = others === 0 ? '' : ` ${count(others, 'more thing')} to know: see this step’s log.`;
		const output = {risks};
		if (risks.length > 0) {
			const sure = placesOf(risks.filter(({severity}) => severity === 'will-break'));
			const next = sure === '' ? '' : `Images break again when this runs: ${sure}. `;
			return {
				outcome: 'found',
				output,
				say: `${next}${count(risks.length, 'risk')} in what the host runs (${placesOf(risks)}).${more}`,
			};
		}

		if (maintenance.gaps.length > 0) {
			return {
				outcome: 'unavailable',
				output,
				say: `Nothing was found, but not everything was read: ${maintenance.gaps.join('; ')}.${more}`,
			};
		}

		return {
			outcome: 'clean',
			output,
			say: `${count(maintenance.files.length, 'maintenance file')} read; nothing in them breaks images.${more}`,
		};
	},
};

function placesOf(risks: readonly Hazard[]): string {
	return [...new Set(risks.map(placeOf))].join(', ');
}

function placeOf({file, at}: Hazard): string {
	return at === undefined ? file : `${file}:${at}`;
}
