import type {Incident, Visit} from '../../domain/incident/incident.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {type Formatter, type Piece, type Row, rowWidth} from './formatter.ts';
import {drawMore, type Pane, scrollRows} from './pane.ts';

/** Narrower, a title and its duration do not fit on one line. */
const roomForTitles = 22;

/** The whole runbook, by phase: what was done, the current step, what may come. */
export function drawStepsPane(incident: Incident, size: {width: number; height: number}, format: Formatter): Pane {
	const {rows, current} = drawSteps(incident, format, size.width - 4);
	const scrolled = scrollRows(rows, size.height - 2, [current, current], 0);
	return {...size, title: format.row('Steps'), rows: scrolled.rows, more: drawMore(scrolled, format)};
}

/** `current`: the line of the current step. */
function drawSteps(incident: Incident, format: Formatter, width: number): {rows: Row[]; current: number} {
	const rows: Row[] = [];
	let current = 0;
	for (const phase of phasesOf(incident)) {
		const visits = incident.visits.filter(visit => visit.phase === phase);
		const coming = comingIn(phase, incident);
		// A phase with one step is one line. Where there is little room it has the name of the phase, which is shorter.
		const lone = visits.length + (coming === undefined ? 0 : 1) === 1;
		const asPhase = lone && (width < roomForTitles || phase === (visits[0]?.title ?? coming));
		const indent = asPhase ? '' : ' ';

		if (!asPhase) {
			rows.push(format.cut(format.row([phase, visits.length > 0 || coming !== undefined ? 'strong' : 'dim']), width));
		}

		for (const visit of visits) {
			const {glyph, isCurrent} = signOf(visit, incident, format);
			const again = visit.attempt > 1 ? ` (${visit.attempt})` : '';
			const title = `${asPhase ? phase : visit.title}${again}`;
			const left = format.row(indent, glyph, ' ', [title, isCurrent ? 'strong' : 'plain']);
			const took = format.row([visit.endedAt === undefined ? '' : sayDuration(tookMs(visit)), 'dim']);
			current = isCurrent ? rows.length : current;
			rows.push(
				rowWidth(left) + 1 + rowWidth(took) <= width ? format.spread(left, took, width) : format.cut(left, width),
			);
		}

		if (coming !== undefined) {
			current = rows.length;
			rows.push(
				format.cut(
					format.row(indent, [format.glyphs.current, 'accent'], ' ', [asPhase ? phase : coming, 'strong']),
					width,
				),
			);
		}
	}

	return {rows, current};
}

function tookMs({startedAt, endedAt}: Visit): number {
	return Math.max(0, Date.parse(endedAt ?? startedAt) - Date.parse(startedAt));
}

/** The list as one line, where there is no room for it: `step 3/7 Decide`. */
export function drawStepLine(incident: Incident, format: Formatter, width: number): Row {
	const phases = phasesOf(incident);
	const {phase} = incident;
	const step = 'step' in phase ? incident.runbook.steps.find(({id}) => id === phase.step) : undefined;
	const here = step?.phase ?? incident.visits.at(-1)?.phase ?? '';
	const at = phases.indexOf(here) + 1;
	const end = phase.kind === 'stopped';
	return format.cut(
		format.row(
			[` ${end ? format.glyphs.done : format.glyphs.current} `, 'accent'],
			end ? 'the end' : `step ${at}/${phases.length} `,
			[end ? '' : (step?.title ?? here), 'strong'],
		),
		width,
	);
}

function phasesOf({runbook}: Incident): string[] {
	return [...new Set(runbook.steps.map(({phase}) => phase))];
}

/** The step that is next and has not begun. */
function comingIn(phase: string, {phase: is, runbook}: Incident): string | undefined {
	const next = is.kind === 'arriving' ? runbook.steps.find(({id}) => id === is.step) : undefined;
	return next?.phase === phase ? next.title : undefined;
}

function signOf(visit: Visit, {phase}: Incident, format: Formatter): {glyph: Piece; isCurrent: boolean} {
	const {glyphs} = format;
	const here = 'attempt' in phase && phase.step === visit.step && phase.attempt === visit.attempt;
	if (here && visit.endedAt === undefined) {
		return {glyph: [glyphs.current, 'accent'], isCurrent: true};
	}

	const failed =
		visit.ended === 'surprise' ||
		visit.problem !== undefined ||
		(visit.ended === 'ran' && visit.effect !== 'read' && !visit.success.includes(visit.outcome ?? ''));
	switch (visit.ended) {
		case 'skipped':
		case 'declined':
			return {glyph: [glyphs.skipped, 'warn'], isCurrent: false};
		case 'assumed':
			return {glyph: [glyphs.assumed, 'warn'], isCurrent: false};
		case 'left':
		case undefined:
			return {glyph: [glyphs.left, 'dim'], isCurrent: false};
		default:
			return {glyph: failed ? [glyphs.failed, 'bad'] : [glyphs.done, 'good'], isCurrent: false};
	}
}
