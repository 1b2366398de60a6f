import {OperatorError} from '../../domain/errors.ts';
import type {Happening} from '../../domain/incident/event.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import {isObject} from '../../domain/json.ts';
import type {Session} from '../../engine/session/session.ts';
import {meaningOf} from './meaning.ts';
import {helpLines, readWord, type Word} from './person-words.ts';
import {isPersonsTurn} from './persons-turn.ts';
import {createQuestionnaire, type Questionnaire} from './questionnaire.ts';
import {sayAsked} from './say-asked.ts';
import {sayExpected} from './say-expected.ts';
import {sayProse} from './say-prose.ts';

export type Person = {
	/** Shows what is asked now. */
	ask(): void;
	/** One typed line. */
	hear(line: string): Promise<void>;
};

/** Somebody at a keyboard: shows what is asked, and makes events of what is typed. */
export function createPerson(
	session: Session,
	tell: (lines: string[]) => void,
	{now, leave}: {now: () => Date; leave: () => void},
): Person {
	let questionnaire: Questionnaire | undefined;

	const expected = () => tell(openQuestions()?.ask() ?? sayExpected(session.current()));

	function openQuestions(): Questionnaire | undefined {
		const {incident} = session.current();
		const isOpen = incident.phase.is === 'asking' && currentStep(incident)?.does.kind === 'ask';
		return isOpen ? questionnaire : undefined;
	}

	async function say(event: Happening): Promise<void> {
		try {
			await session.say(event);
			// A note leaves everything as it was: the question is still open.
			if (event.type === 'note.added' && isPersonsTurn(session.current())) {
				expected();
			}
		} catch (error) {
			if (!(error instanceof OperatorError && error.code.startsWith('session.'))) {
				throw error;
			}

			if (error.code === 'session.refused') {
				tell([error.message]);
				expected();
			}
		}
	}

	async function fillIn(open: Questionnaire, line: string): Promise<void> {
		const {phase} = session.current().incident;
		const wrong = open.answer(line);
		const answers = open.answers();
		if (answers && 'attempt' in phase) {
			await say({type: 'answers.given', step: phase.step, attempt: phase.attempt, answers});
			return;
		}

		tell(wrong === undefined ? [] : [wrong]);
		expected();
	}

	return {
		ask() {
			const view = session.current();
			const questions = currentVisit(view.incident)?.with.questions;
			questionnaire = createQuestionnaire(isObject(questions) ? questions : {}, now);
			tell(sayAsked(view));
			expected();
		},
		async hear(line) {
			const view = session.current();
			const open = openQuestions();
			const word = readLine(line, currentVisit(view.incident)?.gate?.phrase, open !== undefined);

			if (word.is === 'help') {
				tell(helpLines);
				expected();
			} else if (word.is === 'about') {
				tell(sayProse(currentStep(view.incident)?.prose ?? ''));
				expected();
			} else if (word.is === 'quit') {
				leave();
			} else if (word.is === 'enter' && view.held !== undefined) {
				await session.proceed();
			} else if (open && (word.is === 'text' || word.is === 'enter')) {
				await fillIn(open, line);
			} else {
				const meaning = meaningOf(word, view);
				if ('event' in meaning) {
					await say(meaning.event);
				} else {
					tell(meaning.refusal === '' ? [] : [meaning.refusal]);
					expected();
				}
			}
		},
	};
}

/** The words of a gate come before every command that they might look like. */
function readLine(line: string, phrase: string | undefined, isQuestion: boolean): Word {
	const text = line.trim();
	return text === phrase ? {is: 'text', text} : readWord(line, isQuestion);
}
