import {OperatorError} from '../../domain/errors.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import {clockTime} from '../../domain/text/duration.ts';
import {type Pen, type Row, rowWidth} from './pen.ts';
import {drawProblem} from './results/result.ts';

type Header = {incident: Incident; image: string; now: number; pen: Pen; width: number};

/** Which incident, since when, and whether it is real: never cut off. */
export function drawHeader({incident, image, now, pen, width}: Header): Row {
	const {runbook, openedAt, dryRun, drill, phase, lastAt} = incident;
	const until = phase.kind === 'stopped' ? Date.parse(lastAt) : now;
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

/** Why the session has halted, and what to do about it. */
export function drawBanner(halted: Error | undefined, pen: Pen, width: number): Row[] {
	if (halted === undefined) {
		return [];
	}

	const hint = halted instanceof OperatorError ? halted.hint : 'This is a bug in regmedic.';
	return drawProblem({message: `Stopped: ${halted.message}`, hint}, pen, width - 1);
}

/** While an incident is being opened: whether it will be real. */
export function drawTitle(drill: boolean, pen: Pen, width: number): Row {
	const kind = drill ? (['REHEARSAL', 'rehearsal'] as const) : (['REAL', 'real'] as const);
	return pen.spread(pen.row([' regmedic', 'strong']), pen.row(kind, ' '), width);
}
