import {defined} from '../defined.ts';
import type {Fault} from '../image/fault.ts';
import {type Incident, isFinished, stillRunning} from '../incident/incident.ts';
import type {ScanOutput} from '../incident/outputs.ts';
import type {Settings} from '../incident/settings.ts';
import {findStep, isStop, type Step} from '../runbook/runbook.ts';
import {isRemedyOption, type RemedyOptionKey} from './remedy.ts';

/** What a remedy is chosen from. */
export type Evidence = {
	settings: Settings;
	/** What the latest check found that found something. */
	faults: readonly Fault[];
	/** Undefined: the disk was not scanned. */
	scan?: Pick<ScanOutput, 'findings' | 'complete' | 'sibling'>;
	/** The host's key, or the login of regmedic, was refused: nothing is done there before that is settled. */
	hostRefused: boolean;
	/** Options that were chosen and begun. */
	tried: readonly string[];
	/** The option whose build was begun and may still run. */
	underWay?: RemedyOptionKey;
};

/** What is known when a person arrives at this step to choose a remedy. */
export function evidenceIn(incident: Incident, step: Step): Evidence {
	const finished = incident.visits.filter(isFinished);
	const scan = finished.findLast(({shows}) => shows === 'cause');
	const checks = finished.flatMap(({shows, output}) =>
		shows === 'verdict' && output.kind === 'check' ? [output.check] : [],
	);
	return {
		settings: incident.settings,
		// The runbook may check twice; the remedy is chosen from what the latest check found.
		faults: checks.findLast(({faults}) => faults.length > 0)?.faults ?? [],
		hostRefused: scan?.outcome === 'refused',
		tried: triedIn(incident, step),
		...defined({scan: scan?.output.kind === 'scan' ? scan.output : undefined, underWay: underWayIn(incident, step)}),
	};
}

/**
 * What was chosen and then begun: a remedy that was declined at its gate is still untried. So is a build that came to an
 * end and changed nothing, once the registry that may have dropped its push was restarted.
 */
function triedIn({visits}: Incident, {id}: Step): string[] {
	const tried = visits.flatMap(({step, outcome}, at) => {
		const next = visits[at + 1];
		const begun = next && (next.tries > 0 || ['ran', 'assumed', 'answered', 'by-hand'].includes(next.ended ?? ''));
		const isChecked = visits[at + 2]?.shows === 'verdict';
		return step === id && outcome !== undefined && begun ? [{key: outcome, isChecked}] : [];
	});
	const restart = tried.findLastIndex(({key, isChecked}) => key === 'restart' && isChecked);
	return tried
		.filter(({key, isChecked}, at) => at > restart || !isChecked || !key.startsWith('rebuild-'))
		.map(({key}) => key);
}

/** The option whose build was begun and may still run, unless a person has dealt with it by hand since. */
function underWayIn({visits, runbook}: Incident, {outcomes}: Step): RemedyOptionKey | undefined {
	return Object.keys(outcomes)
		.filter(isRemedyOption)
		.find(key => {
			const route = outcomes[key]!;
			const last = isStop(route) ? -1 : visits.findLastIndex(({step}) => step === route.to);
			const dealtWith = visits
				.slice(last + 1)
				.some(({step, outcome}) => outcome === 'done' && findStep(runbook, step)?.does.kind === 'by-hand');
			return visits[last]?.ended === 'ran' && visits[last].outcome === stillRunning && !dealtWith;
		});
}
