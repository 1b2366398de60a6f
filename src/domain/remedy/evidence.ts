import {defined} from '../defined.ts';
import type {Fault} from '../image/fault.ts';
import {type Incident, isFinished, stillRunning} from '../incident/incident.ts';
import type {ScanOutput} from '../incident/outputs.ts';
import type {Settings} from '../incident/settings.ts';
import {findStep, isStop, type Step} from '../runbook/runbook.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {canRelink, relinkSteps} from './relink-steps.ts';
import {isRemedyOption, type RemedyOptionKey} from './remedy.ts';

/** What the remedies are weighed by. */
export type Evidence = {
	settings: Settings;
	/** The faults of the latest check that found any. */
	faults: readonly Fault[];
	/** Undefined: the disk was not scanned. */
	scan?: Pick<ScanOutput, 'findings' | 'complete' | 'sibling'>;
	/** The host's key, or the login of regmedic, was refused: nothing is done there before that is settled. */
	hostRefused: boolean;
	/** Options that were chosen and started. */
	tried: readonly string[];
	/** The option whose build was started and may still run. */
	underWay?: RemedyOptionKey;
};

/** The evidence at the moment when a person chooses a remedy in this step. */
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
 * The options that were chosen and then started: a remedy that was declined at its gate is still untried. So is a build that
 * finished and changed nothing, once the registry that may have dropped its push was restarted.
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

/** The option whose build was started and may still run, unless a person has repaired the image by hand since. */
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

/** What the evidence says for and against the remedies. */
export type Facts = ReturnType<typeof factsIn>;

export function factsIn({faults, scan, settings, tried}: Evidence) {
	const findings = scan?.findings ?? [];
	const relinkable = findings.filter(canRelink);
	// What could not be read may be what is missing: only a complete scan shows that the disk is fine.
	const diskIsFine = scan?.complete === true && findings.length === 0 && faults.length > 0;
	const remembers = staleAnswers(faults, findings);
	return {
		remembers,
		// A garbage collection went over the store: a registry that ran meanwhile may still have what it took in memory.
		collected: remembers || findings.some(({kind}) => kind === 'child-swept'),
		/** What a relink would do; empty: nothing that is missing can be linked again. */
		relinks: relinkSteps(relinkable),
		caveats: [...new Set(relinkable.flatMap(({plan}) => plan?.caveats ?? []))],
		ciRunsInImage: settings.runsInItself,
		ciFailed: tried.includes('rebuild-ci'),
		needsRestart: diskIsFine || remembers || findings.some(({kind}) => kind === 'answers-differ'),
		relinkSuffices: relinkable.length > 0 && relinkable.length === findings.length,
	};
}

/**
 * Over HTTP the registry has the blob and delivers none of it; the disk does not have it: the answer came from the
 * descriptor cache.
 */
function staleAnswers(faults: readonly Fault[], findings: readonly Finding[]): boolean {
	const claimed = faults
		.filter(({kind}) => kind === 'blob-empty' || kind === 'blob-truncated')
		.map(({digest}) => digest);
	const gone = findings.flatMap(({kind, digest, missing}) =>
		kind === 'config-missing' || kind === 'layer-missing' ? [digest, ...missing] : missing,
	);
	return claimed.some(digest => digest !== undefined && gone.includes(digest));
}
