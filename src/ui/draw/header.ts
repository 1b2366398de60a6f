import {OperatorError} from '../../domain/errors.ts';
import type {Hold} from '../../domain/hold/hold.ts';
import {sayHold} from '../../domain/hold/say-hold.ts';
import {holdIn} from '../../domain/incident/hold.ts';
import type {Incident} from '../../domain/incident/incident.ts';
import {clockTime} from '../../domain/text/time.ts';
import {type Formatter, type Row, rowWidth} from './formatter.ts';
import {drawProblem} from './results/result.ts';

type Header = {incident: Incident; image: string; now: number; format: Formatter; width: number};

/**
 * Which incident, since when, and whether it is real: never cut off. And when something will take data out of the store: where
 * there is no room beside the image, on a line of its own.
 */
export function drawHeader({incident, image, now, format, width}: Header): Row[] {
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
	const lefts = [
		format.row([' regmedic  ', 'strong'], runbook.name, ` ${format.glyphs.dot} `, [image, 'strong']),
		format.row(` ${runbook.name} ${format.glyphs.dot} `, [image, 'strong']),
		format.row(' ', [image, 'strong']),
	];
	const line = (end: Row) => lefts.find(left => rowWidth(left) + 1 + rowWidth(end) <= width);
	const held = phase.kind === 'stopped' ? [] : drawHold(holdIn(incident), now, format);
	const both = [...held, ...right];
	const beside = line(both);
	if (beside !== undefined) {
		return [format.spread(beside, both, width)];
	}

	const alone = format.spread(line(right) ?? lefts.at(-1)!, right, width);
	return held.length === 0 ? [alone] : [alone, format.cut([...format.row(' '), ...held], width)];
}

function drawHold(hold: Hold | undefined, now: number, format: Formatter): Row {
	const text = hold && sayHold(hold, now);
	return text === undefined ? [] : format.row([text, hold!.running.length > 0 ? 'bad' : 'warn'], '  ');
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
