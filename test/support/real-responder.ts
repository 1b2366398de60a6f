import type {Happening, StepStamp} from '../../src/domain/incident/event.ts';
import {currentVisit, type Incident, type Visit} from '../../src/domain/incident/incident.ts';
import {isObject, type JsonObject} from '../../src/domain/json.ts';
import type {Session} from '../../src/engine/session/session.ts';

/** The inputs of a person by step; each is given once, in this order. */
export type Script = Record<string, ((visit: Visit) => Word)[]>;

type Word =
	| {type: 'choice.made'; option: string; why?: string}
	| {type: 'gate.answered'; answer: string; why?: string}
	| {type: 'answers.given'; answers: JsonObject}
	| {type: 'plan.marked'; rows: string[]; now: boolean}
	| {type: 'plan.settled'};

/**
 * Responds in an open session from a script. Where the script has no input for a question, it leaves the session.
 * @returns the incident as it ended
 */
export async function respondWith(session: Session, script: Script): Promise<Incident> {
	const left = Object.fromEntries(Object.entries(script).map(([step, words]) => [step, [...words]]));
	let answered: {phase: unknown; rows: unknown} | undefined;
	// A mark changes the rows of a plan, and asks again in the same phase.
	const isSame = (phase: unknown, rows: unknown) => answered?.phase === phase && answered?.rows === rows;

	const look = () => {
		const {incident, halted} = session.current();
		const {phase} = incident;
		const visit = currentVisit(incident);
		const asks = phase.kind === 'gate' || phase.kind === 'asking' || phase.kind === 'stuck' || phase.kind === 'unsure';
		if (!asks || isSame(phase, visit?.rows) || halted || (phase.kind === 'unsure' && !phase.asked)) {
			return;
		}

		answered = {phase, rows: visit?.rows};
		const word = visit && left[visit.step]?.shift();
		if (word) {
			const {step, attempt}: StepStamp = visit;
			session.say({...word(visit), step, attempt} as Happening).catch(() => session.leave('left'));
		} else {
			void session.leave('left');
		}
	};

	const unsubscribe = session.subscribe(look);
	look();
	const {incident} = await session.ended.finally(unsubscribe);
	return incident;
}

export const choose = (option: string, why?: string) => (): Word => ({
	type: 'choice.made',
	option,
	...(why === undefined ? {} : {why}),
});
/** Types the phrase that the gate shows. */
export const approve = (visit: Visit): Word => ({type: 'gate.answered', answer: visit.gate?.phrase ?? 'approve'});
export const answer = (answers: JsonObject) => (): Word => ({type: 'answers.given', answers});
/** Accepts the plan as it stands. */
export const settle = (): Word => ({type: 'plan.settled'});
/** Picks the option with this key in the only question. */
export const pick =
	(key: string) =>
	(visit: Visit): Word => {
		const [question] = visit.asked?.kind === 'ask' ? visit.asked.questions : [];
		const option = question?.options.find(each => isObject(each) && each.key === key);
		return {type: 'answers.given', answers: {[question!.name]: option ?? []}};
	};
