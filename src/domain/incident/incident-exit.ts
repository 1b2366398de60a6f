import {exitCodes} from '../errors.ts';
import type {Incident} from './incident.ts';

/** The exit code that says how an incident stands. Intact is only what was proven after the last change. */
export function exitOf({phase, verdict, visits}: Incident): number {
	if (phase.kind !== 'stopped') {
		return exitCodes.indeterminate;
	}

	switch (verdict?.verdict) {
		case 'intact':
			return exitCodes.done;
		case 'broken':
			return exitCodes.broken;
		case 'unknown':
			return exitCodes.indeterminate;
		default:
			return exitOfLast(visits.at(-1)?.outcome);
	}
}

/** Nothing could be checked: then what kept us from it decides. */
function exitOfLast(outcome: string | undefined): number {
	return outcome === 'refused' || outcome === 'unreachable' ? exitCodes[outcome] : exitCodes.failed;
}
