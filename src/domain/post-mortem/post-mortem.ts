import {type FaultKind, faultMeanings} from '../image/fault.ts';
import type {Verdict} from '../image/verdict.ts';
import type {JournalEvent} from '../incident/event.ts';
import {type Incident, lastVisit, type Visit} from '../incident/incident.ts';
import {isObject, type Json, type JsonObject} from '../json.ts';
import {fold} from '../machine/machine.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {type Change, changesOf, type Skipped, skippedIn} from './changes.ts';
import {type Milestone, milestonesOf, type Spans, spansOf} from './milestones.ts';
import {type TimelineRow, timelineOf} from './timeline.ts';

export type {Change, Skipped} from './changes.ts';

/** What is known of an incident, for the people who were not there. Markdown and JSON are renderings of it. */
export type PostMortem = {
	schema: 'regmedic.post-mortem/1';
	drill: boolean;
	dryRun: boolean;
	incident: string;
	runbook: {name: string; title: string};
	image: string;
	status: 'closed' | 'open';
	/** How it ended, in the runbook's words. */
	ended?: {stop: string; say: string /** Nothing has proven it. */; unverified: boolean};
	verdict: Verdict;
	openedAt: string;
	openedBy: string;
	lastAt: string;
	milestones: Milestone[];
	spans: Spans;
	/** What only people know. */
	told: {impact: string; began: string; noticed: string};
	cause: string[];
	changes: Change[];
	skipped: Skipped[];
	timeline: TimelineRow[];
	followUps: FollowUp[];
	notes: {at: string; actor: string; text: string}[];
	evidence: {file: string; digest: string; bytes: number; event: number}[];
	record: {events: number; sealed: boolean; head?: string};
};

/** P0 keeps this from happening again, P1 lessens what it hits, P2 finds it sooner. */
export type FollowUp = {priority: 'P0' | 'P1' | 'P2'; text: string; evidence?: string};

export function postMortemOf(events: readonly JournalEvent[]): PostMortem {
	const incident = fold(events);
	const {phase} = incident;
	const seal = events.findLast(event => event.type === 'journal.sealed');

	return {
		schema: 'regmedic.post-mortem/1',
		drill: incident.drill !== undefined,
		dryRun: incident.dryRun,
		incident: incident.id,
		runbook: {name: incident.runbook.name, title: incident.runbook.title},
		image: textOf(incident.inputs.image),
		status: phase.is === 'stopped' ? 'closed' : 'open',
		...(phase.is === 'stopped' ? {ended: {stop: phase.stop, say: phase.say, unverified: phase.unverified}} : {}),
		verdict: incident.verdict?.verdict ?? 'unknown',
		openedAt: incident.openedAt,
		openedBy: incident.openedBy,
		lastAt: incident.lastAt,
		milestones: milestonesOf(events),
		spans: spansOf(events),
		told: toldIn(incident),
		cause: causeOf(incident),
		changes: changesOf(incident),
		skipped: skippedIn(incident, events),
		timeline: timelineOf(events),
		followUps: followUpsOf(incident),
		notes: incident.notes,
		evidence: events.flatMap((event, number) =>
			'evidence' in event ? (event.evidence ?? []).map(note => ({...note, event: number})) : [],
		),
		record: {
			events: events.length,
			sealed: seal !== undefined,
			...(seal === undefined ? {} : {head: (events.at(-1) as {hash?: string}).hash ?? seal.head}),
		},
	};
}

function toldIn({visits}: Incident): PostMortem['told'] {
	const answers: JsonObject = Object.assign(
		{},
		...visits.filter(({ended}) => ended === 'answered').map(({output}) => output),
	);
	return {impact: textOf(answers.impact), began: textOf(answers.began), noticed: textOf(answers.noticed)};
}

/** What the disk showed, in its own words; nothing is inferred that it did not show. */
function causeOf(incident: Incident): string[] {
	const scans = incident.visits.filter(({shows, outcome}) => shows === 'cause' && outcome !== undefined);
	const scan = scans.find(({output}) => findingsIn(output.findings).length > 0) ?? scans[0];
	if (!scan) {
		return ['The storage was not looked at: the cause is not known.'];
	}

	const findings = findingsIn(scan.output.findings);
	if (findings.length === 0) {
		return [`The storage was looked at and does not show a cause: ${scan.say ?? scan.outcome}`];
	}

	const kinds = [...new Set(findings.map(({kind}) => kind))];
	return [
		...kinds.map(kind =>
			sayKind(
				kind,
				findings.filter(finding => finding.kind === kind),
			),
		),
		...risksIn(incident).map(risk => {
			const scheduled = willBreak(risk) ? 'Scheduled' : 'Also scheduled';
			return `${scheduled} on the registry's host: “${textOf(risk.line)}” (${placeOf(risk)}). ${textOf(risk.why)}`;
		}),
	];
}

function sayKind(kind: FaultKind, findings: Finding[]): string {
	const since = findings.flatMap(finding => finding.since ?? []).sort()[0];
	const parts = findings.map(({platform, digest}) => [platform, digest].filter(Boolean).join(' ')).join(', ');
	return `${kind}: ${faultMeanings[kind]} (${parts})${since === undefined ? '' : `, since ${since} by the disk's clock`}.`;
}

function followUpsOf(incident: Incident): FollowUp[] {
	const risks = risksIn(incident).map(risk => ({
		priority: 'P0' as const,
		text: textOf(risk.advice),
		evidence: `${placeOf(risk)}: ${textOf(risk.line)}`,
	}));
	const others = incident.visits
		.flatMap(({output}) => (Array.isArray(output.followUps) ? output.followUps : []))
		.map(text => ({priority: 'P1' as const, text: textOf(text)}));
	const noticed = toldIn(incident).noticed;
	const detection: FollowUp[] = /^unknown$|person|user|somebody|developer/i.test(noticed)
		? [
				{
					priority: 'P2',
					text: 'Verify every image after its push (regmedic verify), and alert on it: people noticed this one.',
				},
			]
		: [];
	return [...risks, ...others, ...detection];
}

/** What breaks images for certain comes first. */
function risksIn(incident: Incident): JsonObject[] {
	const audits = incident.visits.filter(({output}) => Array.isArray(output.risks));
	const audit: Visit | undefined = audits.at(-1) ?? lastVisit(incident, 'prevent');
	const risks = Array.isArray(audit?.output.risks) ? audit.output.risks.filter(isObject) : [];
	return [...risks.filter(willBreak), ...risks.filter(risk => !willBreak(risk))];
}

function willBreak({severity}: JsonObject): boolean {
	return severity === 'will-break';
}

function placeOf({file, at}: JsonObject): string {
	return typeof at === 'number' ? `${textOf(file)}:${at}` : textOf(file);
}

function findingsIn(value: Json | undefined): Finding[] {
	return (Array.isArray(value) ? value.filter(isObject) : []) as unknown as Finding[];
}

function textOf(value: Json | undefined): string {
	return typeof value === 'string' && value !== ''
		? value
		: value === undefined || value === null || value === ''
			? 'unknown'
			: JSON.stringify(value);
}
