import type {JsonObject} from '../../src/domain/json.ts';
import type {Action} from '../../src/engine/actions/action.ts';
import {planPage} from './plan-page.ts';
import {anyInputs} from './small-catalogue.ts';
import {openSmallSession} from './small-session.ts';

const mend = {remedy: 'mend', possible: true, why: 'all bytes are here'};

/** 3,000 rows: 40 of which are used, in two groups of cause; of the others no use is known. */
export const largeRows: JsonObject[] = Array.from({length: 3000}, (_, n) => {
	const isUsed = n < 40;
	return {
		id: `row-${n}`,
		title: `team/app-${n}:1`,
		cause: n % 2 === 0 ? 'child-unlinked' : 'child-swept',
		remedies: [...(isUsed || n % 4 < 2 ? [mend] : []), {remedy: 'tell', possible: true, why: 'somebody may know'}],
		...(isUsed && {used: true}),
	};
});

/** A session whose plan has these rows, which a step before has found: a page is shorter. */
export function openLargePlan({change = actions => actions}: {change?: (actions: Action[]) => Action[]} = {}) {
	const page = planPage([])
		.replace('rows: []', `rows: '\${steps.look.rows}'`)
		.replace('start: plan', 'start: look')
		.replace(
			'## Plan {#plan}',
			'## Look {#look}\n```yaml step\naction: registry.scope\noutcomes: {damaged: plan}\n```\n\n## Plan {#plan}',
		);
	const scope: Action = {
		name: 'registry.scope',
		effect: 'read',
		parse: anyInputs,
		inputs: {},
		outcomes: {damaged: 'images are damaged'},
		provides: {rows: 'the rows'},
		success: [],
		outcomeOf: () => undefined,
		run: async () => ({
			outcome: 'damaged',
			output: {rows: largeRows, images: [], byRestart: [], complete: true, gaps: []},
			say: 'Much is damaged.',
		}),
	};
	return openSmallSession({page, change: actions => change([...actions, scope])});
}
