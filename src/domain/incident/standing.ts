import {exitCodes} from '../errors.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';
import {type Incident, isFinished} from './incident.ts';

/** The intact image beside what it was before the first change. Null: it could not be compared; undefined: it was not. */
export function comparisonOf({verdict, visits}: Incident): Comparison | null | undefined {
	const last = visits
		.filter(isFinished)
		.findLast(({shows, ended, output}) => shows === 'verdict' && ended === 'ran' && output.kind === 'check');
	return verdict?.verdict === 'intact' && last?.output.kind === 'check' ? last.output.comparedToOriginal : undefined;
}

/** The platforms that a repair left out: the image is intact, and not what it was. */
export function platformsLost(incident: Incident): string[] {
	return comparisonOf(incident)?.platforms.lost ?? [];
}

/** The exit code that says how an incident stands. `done` is only for what was proven after the last change, and lost nothing. */
export function exitOf(incident: Incident): number {
	const {phase, verdict, visits} = incident;
	if (phase.kind !== 'stopped') {
		return exitCodes.indeterminate;
	}

	switch (verdict?.verdict) {
		case 'intact':
			return platformsLost(incident).length > 0 ? exitCodes.broken : exitCodes.done;
		case 'broken':
			return exitCodes.broken;
		case 'unknown':
			return exitCodes.indeterminate;
		default: {
			// Nothing was checked: the outcome that kept regmedic from it decides.
			const last = visits.at(-1)?.outcome;
			return last === 'refused' || last === 'unreachable' ? exitCodes[last] : exitCodes.failed;
		}
	}
}
