import {currentStep, currentVisit, type Incident} from '../../../domain/incident/incident.ts';
import {findStep, isStop, type Route} from '../../../domain/runbook/runbook.ts';
import type {Pen, Row} from '../pen.ts';
import {type Dialog, outcomeOf} from './dialog.ts';
import {drawField} from './field.ts';
import {drawPalette} from './palette.ts';

export function drawDialog(dialog: Dialog, incident: Incident, pen: Pen, width: number): Row[] {
	const ask = (text: string) => pen.wrap(text, width, 'accent');
	const step = currentStep(incident)?.title ?? 'this step';

	switch (dialog.is) {
		case 'leave':
			return [
				...ask('Leave? The incident stays open and can be resumed.'),
				...pen.wrap(afterLeaving(incident), width),
				pen.row([' y', 'strong'], ' leave   any other key stays'),
			];
		case 'decline':
			return [
				...ask('Decline? Nothing is changed, and you decide again.'),
				pen.row([' y', 'strong'], ' or ', ['esc', 'strong'], ' declines   any other key goes back to the gate'),
			];
		case 'note':
			return [...ask('Note for the record:'), drawField(dialog.field, pen, width)];
		case 'back':
			return [...ask('Decide again. Why?'), drawField(dialog.field, pen, width)];
		case 'could-not':
			return [...ask('What keeps you from it?'), drawField(dialog.field, pen, width)];
		case 'search':
			return [pen.row(['Search the log:', 'accent']), drawField(dialog.field, pen, width)];
		case 'command':
			return drawPalette(dialog, pen, width);
		default:
			return dialog.chosen
				? [
						...ask(
							dialog.is === 'skip'
								? `Skip "${step}" as "${outcomeOf(dialog)}". Why?`
								: `"${step}" was done by hand: "${outcomeOf(dialog)}". What was done?`,
						),
						drawField(dialog.field, pen, width),
					]
				: [
						...ask(
							dialog.is === 'skip'
								? `Skip "${step}". Go on as if its outcome were:`
								: `"${step}" by hand. What came of it?`,
						),
						...dialog.outcomes.map((outcome, at) =>
							pen.cut(
								pen.row(
									[at === dialog.cursor ? ` ${pen.glyphs.cursor} ` : '   ', 'accent'],
									[outcome, at === dialog.cursor ? 'strong' : 'plain'],
									[`  ${pen.glyphs.arrow} ${leadsTo(incident, outcome)}`, 'dim'],
								),
								width,
							),
						),
					];
	}
}

/** Which line of it must stay in sight. */
export function dialogLine(dialog: Dialog): number | undefined {
	return 'outcomes' in dialog && !dialog.chosen ? dialog.cursor + 1 : undefined;
}

function leadsTo(incident: Incident, outcome: string): string {
	const route: Route | undefined = currentStep(incident)?.outcomes[outcome];
	return !route ? '' : isStop(route) ? `stop: ${route.say}` : (findStep(incident.runbook, route.to)?.title ?? route.to);
}

/** What goes on without us. */
function afterLeaving(incident: Incident): string {
	const {phase} = incident;
	const visit = currentVisit(incident);
	const changing = visit !== undefined && visit.effect !== 'read';
	if (changing && (phase.is === 'running' || phase.is === 'unsure')) {
		return `"${visit.title}" has begun out there and goes on without regmedic; resuming finds out what became of it.`;
	}

	return phase.is === 'gate' ? 'Nothing was changed at this gate; resuming shows it again.' : 'Nothing keeps running.';
}
