import {defined} from '../defined.ts';
import type {EventOf, StepStamp} from '../incident/event.ts';
import type {Incident} from '../incident/incident.ts';
import {parseChanges} from '../incident/parse-changes.ts';
import {type PlanRow, unpreparedRows} from '../incident/plan-row.ts';
import {sayPutOff, settledItems} from '../incident/rows-now.ts';
import {parseSettings} from '../incident/settings.ts';
import {toJson} from '../json.ts';
import {leave} from '../runbook/runbook.ts';
import {type Advanced, enter, stampOf} from './effects.ts';
import {finish} from './endings.ts';
import {editVisit, visitOf} from './visits.ts';

/** Looks up what the chosen remedies would change; where all of that is known, a person is asked. */
export function weigh(incident: Incident, stamp: StepStamp, at: string): Advanced {
	const rows = visitOf(incident, stamp)?.rows ?? [];
	if (rows.length === 0) {
		return settle(incident, stamp, at);
	}

	return enter(incident, {kind: unpreparedRows(rows).length > 0 ? 'preparing' : 'asking', ...stampOf(stamp)});
}

export function prepared(incident: Incident, event: EventOf<'plan.prepared'>): Advanced {
	const found = new Map(event.prepared.map(each => [each.row, each]));
	const problems = new Map(event.unprepared.map(each => [each.row, each]));
	const edited = editRows(incident, event, row => {
		const one = found.get(row.id);
		if (one?.remedy === row.remedy) {
			const {row: _, changes, plan, settings, ...facts} = one;
			const own = settings && parseSettings(settings);
			return {...row, prepared: {...facts, changes: parseChanges(changes, plan), ...defined({settings: own})}};
		}

		const wrong = problems.get(row.id);
		return wrong?.remedy === row.remedy ? {...withoutMark(row), problem: wrong.problem} : row;
	});
	return weigh(edited, event, event.at);
}

/** What was looked up is of the remedy before. */
export function chosen(incident: Incident, event: EventOf<'plan.chosen'>): Advanced {
	const meant = new Set(event.rows);
	const edited = editRows(incident, event, row => {
		const {prepared: _, problem: __, ...rest} = row;
		return meant.has(row.id) && (row.remedy !== event.remedy || row.problem)
			? {...(event.remedy === leave ? withoutMark(rest) : rest), remedy: event.remedy}
			: row;
	});
	return weigh(edited, event, event.at);
}

/** Rows that are to be done now, or not any more. */
export function marked(incident: Incident, event: EventOf<'plan.marked'>): Advanced {
	const meant = new Set(event.rows);
	const mark = (row: PlanRow): PlanRow => (event.now ? {...row, now: true} : withoutMark(row));
	return [editRows(incident, event, row => (meant.has(row.id) ? mark(row) : row)), []];
}

/** What is left, or cannot be done, is not done now. */
function withoutMark({now: _, ...row}: PlanRow): PlanRow {
	return row;
}

/** The items of the plan are what was prepared, or of it what is to be done now. A row without changes is left, and the end says so. */
export function settle(incident: Incident, stamp: StepStamp, at: string): Advanced {
	const rows = visitOf(incident, stamp)?.rows ?? [];
	const {items, putOff} = settledItems(rows);
	const left = rows.length - items.length - putOff.length;
	const later = sayPutOff(putOff.length);
	return finish(incident, {
		...stampOf(stamp),
		at,
		how: rows.length === 0 ? 'ran' : 'answered',
		outcome: items.length === 0 ? 'nothing' : 'settled',
		output: {kind: 'plan', items, ...(later && {putOff})},
		values: {
			items: toJson(items.map(({id, row, remedy, title}) => ({id, row, remedy, title}))),
			...(later && {putOff: toJson(putOff)}),
		},
		say:
			rows.length === 0
				? 'There is nothing to plan.'
				: later
					? `${items.length} of ${rows.length} now. ${later}${left === 0 ? '' : ` ${left} left.`}`
					: `${items.length} of ${rows.length} have a remedy; ${left} left.`,
	});
}

function editRows(incident: Incident, stamp: StepStamp, edit: (row: PlanRow) => PlanRow): Incident {
	return editVisit(incident, stamp, visit => (visit.rows ? {...visit, rows: visit.rows.map(edit)} : visit));
}
