import {defined} from '../defined.ts';
import {formatReference} from '../image/reference.ts';
import type {Verdict} from '../image/verdict.ts';
import {evidenceOf, type JournalEvent} from '../incident/event.ts';
import type {Incident} from '../incident/incident.ts';
import {comparisonOf, platformsLost, verdictOfImage} from '../incident/standing.ts';
import type {InventoryEntry} from '../inventory/inventory.ts';
import type {Past, UnusablePast} from '../inventory/past.ts';
import {fold} from '../machine/machine.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';
import {causeOf, placeOf, risksIn} from './cause.ts';
import {changesOf, type MadeChange, type Skipped, skippedIn, turnedDownIn} from './changes.ts';
import {type DamagedReport, damagedIn} from './images.ts';
import {type Milestone, milestonesOf, type Spans, spansOf} from './milestones.ts';
import {type TimelineRow, timelineOf} from './timeline.ts';
import {type Told, toldIn} from './told.ts';

/** The report of an incident, made from its journal alone. Markdown and JSON are renderings of it. */
export type PostMortem = {
	schema: 'regmedic.post-mortem/1';
	drill: boolean;
	dryRun: boolean;
	incident: string;
	runbook: {name: string; title: string};
	image: string;
	status: 'closed' | 'open';
	/** The stop of the runbook. */
	ended?: {
		stop: string;
		say: string;
		/** No check has proven it. */
		unverified: boolean;
	};
	verdict: Verdict;
	/** Of `image` alone, where it differs: another image is still damaged, or it was removed as planned. */
	imageVerdict?: Verdict | 'removed';
	/** The repaired image beside what it was. Null: it could not be compared; absent: there was no repair, or it is not intact. */
	comparedToOriginal?: Comparison | null;
	openedAt: string;
	openedBy: string;
	lastAt: string;
	milestones: Milestone[];
	spans: Spans;
	/** The closing questions, answered. */
	told: Told;
	cause: string[];
	/** Every image that was found damaged, where the incident was about all damage of a registry. */
	damaged?: DamagedReport[];
	/** What the probes saw before, where an inventory is configured. `named`: by the tag of the incident, the one seen last first. */
	before?: {inventory: Past | UnusablePast; named: InventoryEntry[]};
	changes: MadeChange[];
	/** Orders that were turned down: nothing was changed by them. */
	turnedDown: string[];
	skipped: Skipped[];
	timeline: TimelineRow[];
	followUps: FollowUp[];
	notes: {at: string; actor: string; text: string}[];
	evidence: {file: string; digest: string; bytes: number; event: number}[];
	record: {events: number; sealed: boolean; head?: string};
};

/** P0 prevents the next incident, P1 reduces its impact, P2 detects it sooner. */
type FollowUp = {priority: 'P0' | 'P1' | 'P2'; text: string; evidence?: string};

export function postMortemOf(events: readonly JournalEvent[]): PostMortem {
	const incident = fold(events);
	const {phase} = incident;
	const seal = events.findLast(event => event.type === 'journal.sealed');
	const last = events.at(-1);
	const damaged = damagedIn(incident);
	const {verdict = 'unknown'} = incident.verdict ?? {};
	const own = verdictOfImage(incident);

	return {
		schema: 'regmedic.post-mortem/1',
		drill: incident.drill !== undefined,
		dryRun: incident.dryRun,
		incident: incident.id,
		runbook: {name: incident.runbook.name, title: incident.runbook.title},
		image: formatReference(incident.image),
		status: phase.kind === 'stopped' ? 'closed' : 'open',
		...(phase.kind === 'stopped' ? {ended: {stop: phase.stop, say: phase.say, unverified: phase.unverified}} : {}),
		verdict,
		...(own !== verdict && {imageVerdict: own}),
		...defined({comparedToOriginal: comparisonOf(incident)}),
		openedAt: incident.openedAt,
		openedBy: incident.openedBy,
		lastAt: incident.lastAt,
		milestones: milestonesOf(events),
		spans: spansOf(events),
		told: toldIn(incident),
		cause: causeOf(incident),
		...(damaged.length > 0 && {damaged}),
		...defined({before: beforeIn(incident)}),
		changes: changesOf(incident),
		turnedDown: turnedDownIn(incident),
		skipped: skippedIn(incident, events),
		timeline: timelineOf(events),
		followUps: followUpsOf(incident),
		notes: incident.notes,
		evidence: events.flatMap((event, number) => evidenceOf(event).map(note => ({...note, event: number}))),
		record: {
			events: events.length,
			sealed: seal !== undefined,
			// An event that was read from a file carries its own hash.
			...defined({head: seal && (last && 'hash' in last && typeof last.hash === 'string' ? last.hash : seal.head)}),
		},
	};
}

/** The first look at the disk counts: later ones see what was repaired. */
function beforeIn({visits}: Incident): PostMortem['before'] {
	return visits.flatMap(({output}) =>
		output?.kind === 'scan' && output.inventory !== undefined
			? [{inventory: output.inventory, named: output.named ?? []}]
			: [],
	)[0];
}

function followUpsOf(incident: Incident): FollowUp[] {
	const risks = risksIn(incident).map(risk => ({
		priority: 'P0' as const,
		text: risk.advice,
		evidence: `${placeOf(risk)}: ${risk.line}`,
	}));
	const suspended = incident.visits
		.flatMap(({output}) => (output?.kind === 'suspension' ? [output] : []))
		.map(({suspended: what, undo}) => ({
			priority: 'P0' as const,
			text: `Undo the suspension, once the cleaner breaks nothing any more: ${undo}`,
			evidence: what,
		}));
	const lost = platformsLost(incident).map(platform => ({
		priority: 'P1' as const,
		text: `Build ${formatReference(incident.image)} for ${platform} again: the repair left it out.`,
	}));
	const others = incident.visits
		.flatMap(({output}) => (output?.kind === 'follow-ups' ? output.followUps : []))
		.concat(
			incident.visits.flatMap(({output}) => (output?.kind === 'check-all' ? [output.followUps] : [])).at(-1) ?? [],
		)
		.map(text => ({priority: 'P1' as const, text}));
	const noticed = toldIn(incident).noticed;
	const isUnknown = /^unknown$/i.test(noticed.trim());
	const detection: FollowUp[] =
		isUnknown || /person|people|user|somebody|someone|developer/i.test(noticed)
			? [
					{
						priority: 'P2',
						text: `Verify every image after its push (regmedic verify), and alert on it${isUnknown ? '' : ': people noticed this one'}.`,
					},
				]
			: [];
	return [...risks, ...suspended, ...lost, ...others, ...detection];
}
