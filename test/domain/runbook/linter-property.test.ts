import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Incident, Visit} from '../../../src/domain/incident/incident.ts';
import {resolveStep} from '../../../src/domain/incident/resolve-step.ts';
import {lintRunbook} from '../../../src/domain/runbook/linter.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import {isStop, type Runbook} from '../../../src/domain/runbook/runbook.ts';
import {generatedRunbook} from '../../support/generated-runbook.ts';
import {actionsOf, resultOf, smallCatalogue} from '../../support/small-catalogue.ts';
import {tries} from '../../support/sweep.ts';

const catalogue = actionsOf({run: async () => expect.unreachable(), reconcile: async () => expect.unreachable()});

test('a runbook without problems never reaches a missing value, an unrouted outcome or an unverified success, on any path', () => {
	let clean = 0;
	let dirty = 0;

	fc.assert(
		fc.property(generatedRunbook({mischief: true}), fc.array(fc.nat(11), {maxLength: 40}), (text, tosses) => {
			const {runbook, problems} = parseRunbook(text);
			expect(problems).toEqual([]);
			if (lintRunbook(runbook!, catalogue).length > 0) {
				dirty++;
				return;
			}

			clean++;
			walk(runbook!, tosses);
		}),
		{numRuns: tries(200)},
	);
	expect(clean).toBeGreaterThan(20);
	expect(dirty).toBeGreaterThan(20);
}, 120_000);

test('a generated page without defects has no problems except values that may be missing', () => {
	fc.assert(
		fc.property(generatedRunbook({mischief: false}), text => {
			const problems = lintRunbook(parseRunbook(text).runbook!, catalogue);

			expect(problems.filter(({code}) => code !== 'value-too-early')).toEqual([]);
		}),
		{numRuns: tries(60)},
	);
});

/** Takes one path by the outcomes that are tossed, with the values that are declared. */
function walk(runbook: Runbook, tosses: number[]): void {
	let at = runbook.start;
	let changed = false;
	let incident = {runbook, opening: {inputs: {image: 'x'}, settings: {}}, visits: [] as Visit[]} as unknown as Incident;

	for (const toss of tosses) {
		const step = runbook.steps.find(({id}) => id === at)!;
		expect(resolveStep(incident, step)).toMatchObject({ok: true});

		const action = step.does.kind === 'action' ? step.does.action : undefined;
		const declared = smallCatalogue.find(({name}) => name === action);
		const possible = declared
			? Object.keys(declared.outcomes)
			: step.does.kind === 'choose'
				? Object.keys(step.does.options)
				: step.does.kind === 'by-hand'
					? ['done', 'could-not']
					: [step.does.kind === 'ask' ? 'answered' : 'waited'];
		const outcome = possible[toss % possible.length]!;
		const route = step.outcomes[outcome]!;
		expect(route, `${at} ${outcome}`).toBeDefined();

		changed ||= declared !== undefined && declared.effect !== 'read' && !declared.sparesImage;
		changed &&= !(declared?.shows === 'verdict' && outcome === 'intact');
		if (isStop(route)) {
			expect(changed && !route.unverified, `${at} ${outcome}`).toBe(false);
			return;
		}

		const values = declared
			? resultOf(declared, outcome).output
			: step.does.kind === 'ask'
				? {word: 'w'}
				: {option: outcome};
		const visit = {
			step: at,
			attempt: 1,
			outcome,
			values,
			output: {kind: 'none'},
			say: '',
			ended: 'ran',
		} as unknown as Visit;
		incident = {...incident, visits: [...incident.visits, visit]};
		at = route.to;
	}
}
