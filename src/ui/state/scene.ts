import type {AskedQuestion, ChoiceOption} from '../../domain/incident/asked.ts';
import type {Problem} from '../../domain/incident/event.ts';
import {currentStep, currentVisit, type Gate, type Incident, type Visit} from '../../domain/incident/incident.ts';
import {findStep, type Step} from '../../domain/runbook/runbook.ts';
import type {SessionView} from '../../engine/session/session.ts';

/** What the screen is about: the phase of the incident, with what its screen needs. `place` changes when it does. */
export type Scene = {place: string} & (
	| {kind: 'working'; visit?: Visit; step?: Step; until?: string}
	| {kind: 'held'; next: Step; visit?: Visit}
	| {kind: 'choose'; visit: Visit; question: string; choices: ChoiceOption[]; problem?: Problem}
	| {kind: 'gate'; visit: Visit; gate: Gate; answer: string; typed: boolean; refused?: string}
	| {kind: 'unsure'; visit: Visit; asked: boolean; say: string}
	| {kind: 'ask'; visit: Visit; questions: AskedQuestion[]}
	| {kind: 'by-hand'; visit: Visit; commands: string[]}
	| {kind: 'stuck'; visit?: Visit; problem?: Problem}
	| {kind: 'stopped'; say: string; unverified: boolean; closed: boolean}
);

export type SceneOf<Kind extends Scene['kind']> = Extract<Scene, {kind: Kind}>;

export function sceneOf({incident, held}: SessionView): Scene {
	const {phase, runbook} = incident;
	const visit = currentVisit(incident);
	const step = currentStep(incident);
	const at = 'attempt' in phase ? `${phase.step}.${phase.attempt}` : 'step' in phase ? phase.step : '';
	const working: Scene = {
		place: `working ${at}`,
		kind: 'working',
		...(visit === undefined ? {} : {visit}),
		...(step === undefined ? {} : {step}),
		...(phase.kind === 'waiting' ? {until: phase.until} : {}),
	};

	switch (phase.kind) {
		case 'arriving': {
			const next = held === phase.step ? findStep(runbook, held) : undefined;
			const last = incident.visits.findLast(({endedAt}) => endedAt !== undefined);
			return next
				? {place: `held ${at} ${incident.visits.length}`, kind: 'held', next, ...(last ? {visit: last} : {})}
				: working;
		}

		case 'gate': {
			const gate = visit?.gate;
			const place = `gate ${at} ${gate?.openedAt}`;
			const refused = phase.refused === undefined ? {} : {refused: phase.refused};
			return visit && gate
				? {
						place,
						kind: 'gate',
						visit,
						gate,
						answer: gate.phrase ?? 'approve',
						typed: gate.phrase !== undefined,
						...refused,
					}
				: working;
		}

		case 'unsure':
			return visit ? {place: `unsure ${at}`, kind: 'unsure', visit, asked: phase.asked, say: phase.say} : working;

		case 'asking':
			return visit && step ? asking(incident, visit, step, at) : working;

		case 'stuck': {
			const last = visit ?? incident.visits.at(-1);
			const {problem} = incident;
			return {place: `stuck ${at}`, kind: 'stuck', ...(last ? {visit: last} : {}), ...(problem ? {problem} : {})};
		}

		case 'stopped': {
			const {say, unverified, closed} = phase;
			return {place: 'stopped', kind: 'stopped', say, unverified, closed};
		}

		default:
			return working;
	}
}

function asking({problem}: Incident, visit: Visit, step: Step, at: string): Scene {
	const {asked} = visit;
	switch (asked?.kind) {
		case 'choose': {
			const {question, options: choices} = asked;
			return {place: `choose ${at}`, kind: 'choose', visit, question, choices, ...(problem ? {problem} : {})};
		}

		case 'by-hand':
			return {place: `by-hand ${at}`, kind: 'by-hand', visit, commands: asked.commands};

		case 'ask':
			return {place: `ask ${at}`, kind: 'ask', visit, questions: asked.questions};

		default:
			return {place: `working ${at}`, kind: 'working', visit, step};
	}
}
