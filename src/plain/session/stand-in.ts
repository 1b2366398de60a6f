import type {Happening} from '../../domain/incident/event.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {isObject} from '../../domain/json.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {nextWord} from '../../engine/session/autopilot.ts';
import type {Session, SessionView} from '../../engine/session/session.ts';
import {labelOf} from './questionnaire.ts';
import {optionsOf, sayAsked} from './say-asked.ts';
import {sayExpected} from './say-expected.ts';

/** How often the world is asked again what became of a change, and how long after. */
const mostLooks = 3;
/** A runbook that comes by the same step more often goes in circles. */
const mostVisits = 5;

export type StandIn = {
	/** Called where a person would be asked. */
	answer(): void;
	stop(): void;
};

export type Means = {leave: (reason: 'gate' | 'left') => void; failed: (error: unknown) => void};

/** Answers in a rehearsal as one who follows every recommendation; leaves where that leads nowhere. */
export function createAutopilot(
	session: Session,
	tell: (lines: string[]) => void,
	{lookAgainMs, leave, failed}: Means & {lookAgainMs: number},
): StandIn {
	let looks = 0;
	let soon: NodeJS.Timeout | undefined;

	return {
		answer() {
			const view = session.current();
			const {incident, held} = view;
			const {phase} = incident;
			if (held !== undefined) {
				session.proceed().catch(failed);
				return;
			}

			tell([...sayAsked(view), ...sayQuestions(view)]);
			if (phase.is === 'unsure' && ++looks <= mostLooks) {
				const {step, attempt} = phase;
				soon = setTimeout(() => {
					tell(['On autopilot: again']);
					session.say({type: 'step.retried', step, attempt}).catch(failed);
				}, lookAgainMs);
				return;
			}

			const word = nextWord(incident);
			if (!word || (currentVisit(incident)?.attempt ?? 0) > mostVisits) {
				const why = word ? 'This goes in circles.' : 'The autopilot has no answer to this.';
				tell(wrap(`${why} It leaves the incident as it is.`));
				leave('left');
				return;
			}

			tell(sayWord(word, view).flatMap(text => wrap(`On autopilot: ${text}`)));
			session.say(word).catch(failed);
		},
		stop: () => clearTimeout(soon),
	};
}

/** Nobody is there: what would be asked is said, and the run ends. */
export function createNobody(
	session: Session,
	tell: (lines: string[]) => void,
	{resumeCommand, leave, failed}: Means & {resumeCommand: string},
): StandIn {
	return {
		answer() {
			const view = session.current();
			if (view.held !== undefined) {
				session.proceed().catch(failed);
				return;
			}

			tell([
				...sayAsked(view),
				...sayQuestions(view),
				'Nobody is here to answer, so this run ends.',
				'It would ask for this:',
				...sayExpected(view).map(line => `  ${line}`),
				`To go on: ${resumeCommand}`,
			]);
			leave('gate');
		},
		stop() {},
	};
}

function sayQuestions({incident}: SessionView): string[] {
	const {questions} = currentVisit(incident)?.with ?? {};
	const isAsk = incident.phase.is === 'asking' && currentStep(incident)?.does.kind === 'ask';
	return isAsk && isObject(questions)
		? Object.values(questions).flatMap(question =>
				wrap(isObject(question) ? String(question.prompt) : '', {first: '  - ', rest: '    '}),
			)
		: [];
}

function sayWord(word: Happening, {incident}: SessionView): string[] {
	switch (word.type) {
		case 'gate.answered':
			return [word.answer];
		case 'choice.made': {
			const options = optionsOf(currentVisit(incident));
			return [String(options.findIndex(({key}) => key === word.option) + 1)];
		}
		case 'answers.given':
			return Object.values(word.answers).map(answer =>
				Array.isArray(answer) ? answer.map(labelOf).join(', ') || 'none' : labelOf(answer),
			);
		case 'hand.reported':
			return [word.outcome];
		default:
			return [];
	}
}
