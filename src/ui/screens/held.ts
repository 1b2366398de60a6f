import {drawResult, picksOf} from '../draw/results/result.ts';
import type {Screen} from './screen.ts';

/** A finished step whose result stays in sight until the person goes on. */
export const heldScreen: Screen<'held'> = {
	scopes: ['held'],
	draw({visit}, {cursor}, context) {
		const {format, width, incident} = context;
		return visit
			? {title: visit.title, ...drawResult(visit, cursor, context)}
			: {title: incident.runbook.title, rows: format.wrap(incident.runbook.intro, width)};
	},
	next: ({next}) => `Next: ${next.title}.`,
	act: (_situation, state, intent) => (intent === 'go-on' ? [state, [{kind: 'proceed'}]] : undefined),
	picks: ({visit}) => (visit ? picksOf(visit) : []),
};
