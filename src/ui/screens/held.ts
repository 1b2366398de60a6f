import {drawResult, picksOf} from '../draw/results/result.ts';
import type {Screen} from './screen.ts';

/** A finished step whose result stays in sight until the person goes on. */
export const heldScreen: Screen<'held'> = {
	places: ['held'],
	draw({visit}, {cursor}, desk) {
		const {pen, width, incident} = desk;
		return visit
			? {title: visit.title, ...drawResult(visit, cursor, desk)}
			: {title: incident.runbook.title, rows: pen.wrap(incident.runbook.intro, width)};
	},
	next: ({next}) => `enter  go on: ${next.title}`,
	act: (_scene, state, intent) => (intent === 'go-on' ? [state, [{do: 'proceed'}]] : undefined),
	picks: ({visit}) => (visit ? picksOf(visit) : []),
};
