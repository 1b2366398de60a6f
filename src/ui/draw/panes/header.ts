import type {Incident} from '../../../domain/incident/incident.ts';
import {clockTime} from '../../../domain/text/duration.ts';
import {type Pen, type Row, rowWidth} from '../pen.ts';

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
	// Where there is no room for all of it, the image stays.
	const [whole, short, shortest] = [
		pen.row([' regmedic  ', 'strong'], runbook.name, ` ${pen.glyphs.dot} `, [image, 'strong']),
		pen.row(` ${runbook.name} ${pen.glyphs.dot} `, [image, 'strong']),
		pen.row(' ', [image, 'strong']),
	];
	const room = width - rowWidth(right) - 1;
	return pen.spread([whole, short].find(left => rowWidth(left) <= room) ?? shortest, right, width);
}
