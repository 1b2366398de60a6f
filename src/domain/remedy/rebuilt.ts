import type {Incident} from '../incident/incident.ts';
import type {ActionName} from '../incident/inputs.ts';
import {findStep} from '../runbook/runbook.ts';

const builds: readonly string[] = ['ci.build', 'builder.build', 'command.build'] satisfies ActionName[];

/** Whether a step of the incident, not an item of a plan, has built its image anew, or a person did so in its place. */
export function wasRebuilt({visits, runbook}: Pick<Incident, 'visits' | 'runbook'>): boolean {
	return visits.some(({step, tries, ended}) => {
		const does = findStep(runbook, step)?.does;
		return does?.kind === 'action' && builds.includes(does.action) && (tries > 0 || ended === 'by-hand');
	});
}

/** Whether a remedy of a plan makes an image of new bytes. */
export function isRebuild(remedy: string | undefined): boolean {
	return remedy?.startsWith('rebuild-') === true;
}
