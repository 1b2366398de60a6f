import {exitCodes} from '../errors.ts';
import type {Verdict} from '../image/verdict.ts';
import {isImageOf} from '../plan/need.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';
import {type Incident, isFinished} from './incident.ts';
import type {OutputOf} from './outputs.ts';
import {plannedImages} from './planned-images.ts';

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

/** What is known last. */
function lastCheck({visits}: Incident) {
	return visits.filter(isFinished).findLast(({shows, ended}) => shows === 'verdict' && ended === 'ran');
}

/** The last check of all images of the plans, where it is what is known last. */
function lastOfMany(incident: Incident): OutputOf<'check-all'> | undefined {
	const output = lastCheck(incident)?.output;
	return output?.kind === 'check-all' ? output : undefined;
}

/** `6 of 6 planned intact.`, in the words of the last check of all images of the plans; undefined: it is not what is known last. */
export function sayPlanned(incident: Incident): string | undefined {
	const last = lastCheck(incident);
	return last?.output.kind === 'check-all' ? last.say : undefined;
}

/**
 * The image that the incident began with: that another one is still damaged does not make it broken. `removed`: it was removed as
 * planned, or somebody else deleted it, and it is gone with its tags.
 */
export function verdictOfImage(incident: Incident): Verdict | 'removed' {
	const {verdict = 'unknown'} = incident.verdict ?? {};
	const own = plannedImages(incident).find(({damaged}) => isImageOf(damaged, incident.image));
	const checked = lastOfMany(incident)?.images.find(({id}) => own?.ids.has(id));
	return verdict === 'unknown' ? verdict : (checked?.verdict ?? verdict);
}

/** `infra-ci:latest: linux/arm64`, of images that are intact and not what they were. */
export function lostOfMany(incident: Incident): string[] {
	const {images = []} = lastOfMany(incident) ?? {};
	return images.flatMap(({title, comparedToOriginal}) =>
		(comparedToOriginal?.platforms.lost ?? []).map(platform => `${platform} of ${title}`),
	);
}

/** What an end says that leaves damaged images as a person decided; undefined: none was left, or more than that is wrong. */
export function leftIn(incident: Incident): string | undefined {
	const {images = [], fresh = [], gaps = []} = lastOfMany(incident) ?? {};
	const damaged = images.filter(({verdict}) => verdict !== 'intact' && verdict !== 'removed');
	const isLeft = damaged.length > 0 && fresh.length === 0 && gaps.length === 0;
	if (
		incident.verdict?.verdict !== 'broken' ||
		!isLeft ||
		damaged.some(({remedy, putOff}) => remedy !== undefined || putOff)
	) {
		return undefined;
	}

	const planned = images.filter(({remedy}) => remedy !== undefined);
	const removed = planned.filter(({verdict}) => verdict === 'removed').length;
	const also = removed === 0 ? '' : `, ${removed} removed as planned`;
	return `${planned.length - removed} of ${planned.length} planned are intact${also}; ${damaged.length} left damaged: ${damaged.map(({title}) => title).join('; ')}.`;
}

/** The exit code that says how an incident stands. `done` is only for what was proven after the last change, and lost nothing. */
export function exitOf(incident: Incident): number {
	const {phase, verdict, visits} = incident;
	if (phase.kind !== 'stopped') {
		return exitCodes.indeterminate;
	}

	switch (verdict?.verdict) {
		case 'intact':
			return platformsLost(incident).length + lostOfMany(incident).length > 0 ? exitCodes.broken : exitCodes.done;
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
