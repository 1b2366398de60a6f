import {defined} from '../../domain/defined.ts';
import type {AskedQuestion, ChoiceOption} from '../../domain/incident/asked.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Gate, type Incident, type Visit} from '../../domain/incident/incident.ts';
import type {Item} from '../../domain/incident/item.ts';
import type {PlanRow} from '../../domain/incident/plan-row.ts';
import {findStep, type Step} from '../../domain/runbook/runbook.ts';
import type {SessionView} from '../../engine/session/session.ts';

/** What the incident is in now, with what its screen needs. Another situation has another `id`. */
export type Situation = {id: string} & (
	| {kind: 'working'; visit?: Visit; step?: Step; until?: string}
	| {kind: 'held'; next: Step; visit?: Visit}
	| {kind: 'choose'; visit: Visit; question: string; choices: ChoiceOption[]; problem?: Problem}
	| {kind: 'gate'; visit: Visit; gate: Gate; answer: string; typed: boolean; refused?: string}
	| {kind: 'plan'; visit: Visit; rows: PlanRow[]; problem?: Problem}
	| {kind: 'items'; visit: Visit; items: Item[]}
	| {kind: 'unsure'; visit: Visit; asked: boolean; say: string}
	| {kind: 'ask'; visit: Visit; questions: AskedQuestion[]}
	| {kind: 'by-hand'; visit: Visit; commands: string[]}
	| {kind: 'stuck'; visit?: Visit; problem?: Problem}
	| {kind: 'stopped'; say: string; unverified: boolean; closed: boolean}
);

export type SituationOf<Kind extends Situation['kind']> = Extract<Situation, {kind: Kind}>;

export function situationOf({incident, held}: SessionView): Situation {
	const {phase, runbook, visits, problem} = incident;
	const visit = currentVisit(incident);
	const step = currentStep(incident);
	const at = 'attempt' in phase ? `${phase.step}.${phase.attempt}` : 'step' in phase ? phase.step : '';
	const id = `${phase.kind} ${at}`;
	const until = phase.kind === 'waiting' ? phase.until : undefined;
	const working: Situation = {id: `working ${at}`, kind: 'working', ...defined({visit, step, until})};

	switch (phase.kind) {
		case 'arriving': {
			const next = held === phase.step ? findStep(runbook, held) : undefined;
			const last = visits.findLast(({endedAt}) => endedAt !== undefined);
			return next ? {id: `held ${at} ${visits.length}`, kind: 'held', next, ...defined({visit: last})} : working;
		}

		case 'gate': {
			const gate = visit?.gate;
			return visit && gate
				? {
						// A gate that has expired opens again, as another gate.
						id: `${id} ${gate.openedAt}`,
						kind: 'gate',
						visit,
						gate,
						answer: gate.phrase ?? 'approve',
						typed: gate.phrase !== undefined,
						...defined({refused: phase.refused}),
					}
				: working;
		}

		case 'unsure':
			return visit ? {id, kind: 'unsure', visit, asked: phase.asked, say: phase.say} : working;

		// The table stays where it is while a remedy that was chosen is looked up.
		case 'preparing':
		case 'asking':
			return visit ? (asking(incident, visit, `asking ${at}`) ?? working) : working;

		case 'applying':
			return visit?.items ? {id: `items ${at}`, kind: 'items', visit, items: visit.items} : working;

		case 'stuck':
			return {id, kind: 'stuck', ...defined({visit: visit ?? visits.at(-1), problem})};

		case 'stopped': {
			const {say, unverified, closed} = phase;
			return {id: 'stopped', kind: 'stopped', say, unverified, closed};
		}

		default:
			return working;
	}
}

function asking({problem}: Incident, visit: Visit, id: string): Situation | undefined {
	const {asked, rows} = visit;
	if (rows) {
		return {id, kind: 'plan', visit, rows, ...defined({problem})};
	}

	switch (asked?.kind) {
		case 'choose': {
			const {question, options} = asked;
			return {id, kind: 'choose', visit, question, choices: options, ...defined({problem})};
		}

		case 'by-hand':
			return {id, kind: 'by-hand', visit, commands: asked.commands};

		case 'ask':
			return {id, kind: 'ask', visit, questions: asked.questions};

		default:
			return undefined;
	}
}
