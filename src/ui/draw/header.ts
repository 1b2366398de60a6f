import {OperatorError} from '../../domain/errors.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import {clockTime} from '../../domain/text/time.ts';
import {type Formatter, type Row, rowWidth} from './formatter.ts';
import {drawProblem} from './results/result.ts';

type Header = {incident: Incident; image: string; now: number; format: Formatter; width: number};

/** Which incident, since when, and whether it is real: never cut off. */
export function drawHeader({incident, image, now, format, width}: Header): Row {
	const {runbook, openedAt, dryRun, drill, phase, lastAt} = incident;
	const until = phase.kind === 'stopped' ? Date.parse(lastAt) : now;
	const right = format.row(
		...(dryRun ? ([['DRY RUN', 'warn'], '  '] as const) : []),
		clockTime(until - Date.parse(openedAt)),
		'  ',
		drill ? ['REHEARSAL', 'rehearsal'] : ['REAL', 'real'],
		' ',
	);
	// Where there is no room for all of it, the image stays.
	const [whole, short, shortest] = [
		format.row([' regmedic  ', 'strong'], runbook.name, ` ${format.glyphs.dot} `, [image, 'strong']),
		format.row(` ${runbook.name} ${format.glyphs.dot} `, [image, 'strong']),
		format.row(' ', [image, 'strong']),
	];
	const room = width - rowWidth(right) - 1;
	return format.spread([whole, short].find(left => rowWidth(left) <= room) ?? shortest, right, width);
}

/** Why the session has halted, and what to do about it. */
export function drawBanner(halted: Error | undefined, format: Formatter, width: number): Row[] {
	if (halted === undefined) {
		return [];
	}

	const hint = halted instanceof OperatorError ? halted.hint : 'This is a bug in regmedic.';
	return drawProblem({message: `Stopped: ${halted.message}`, hint}, format, width - 1);
}

/** While an incident is being opened: whether it will be real. */
export function drawTitle(drill: boolean, format: Formatter, width: number): Row {
	const kind = drill ? (['REHEARSAL', 'rehearsal'] as const) : (['REAL', 'real'] as const);
	return format.spread(format.row([' regmedic', 'strong']), format.row(kind, ' '), width);
}
