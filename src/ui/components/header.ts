import {clockTime} from '../../domain/duration.ts';
import type {Incident} from '../../domain/incident.ts';
import type {Pen, Row} from '../pen.ts';

type Header = {incident: Incident; image: string; now: number; pen: Pen; width: number};

/** Which incident, since when, and whether it is real: never cut off. */
export function drawHeader({incident, image, now, pen, width}: Header): Row {
	const {runbook, openedAt, dryRun, drill, phase, lastAt} = incident;
	const until = phase.is === 'stopped' ? Date.parse(lastAt) : now;
	const right = pen.row(
		...(dryRun ? ([['DRY RUN', 'warn'], '  '] as const) : []),
		clockTime(until - Date.parse(openedAt)),
		'  ',
		drill ? ['REHEARSAL', 'rehearsal'] : ['REAL', 'real'],
		' ',
	);
	const left = pen.row([' regmedic  ', 'strong'], runbook.name, ` ${pen.glyphs.dot} `, [image, 'strong']);
	return pen.spread(left, right, width);
}
