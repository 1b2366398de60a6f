import {OperatorError} from '../../domain/errors.ts';
import type {Happening} from '../../domain/incident/event.ts';
import {currentStep, currentVisit} from '../../domain/incident/incident.ts';
import type {Session} from '../../engine/session/session.ts';
import {sayHowToAnswer, sayPrompt, sayProse, waitsForPerson} from './prompt.ts';
import {createQuestionnaire, type Questionnaire} from './questionnaire.ts';
import {sayRowsOfGroup} from './say-plan.ts';
import {commandHelp, eventOf, readCommand} from './typed-command.ts';

type Person = {
	/** Shows what is asked now. */
	ask(): void;
	/** Takes one typed line. */
	answer(line: string): Promise<void>;
};

/** A person at a keyboard: is shown what is asked, and types what becomes an event. */
export function createPerson(
	session: Session,
	tell: (lines: string[]) => void,
	{now, leave}: {now: () => Date; leave: () => void},
): Person {
	let questionnaire: Questionnaire | undefined;

	const tellHowToAnswer = () => tell(openQuestions()?.ask() ?? sayHowToAnswer(session.current()));

	function openQuestions(): Questionnaire | undefined {
		const {incident} = session.current();
		return incident.phase.kind === 'asking' ? questionnaire : undefined;
	}

	async function send(event: Happening): Promise<void> {
		try {
			await session.say(event);
			// A note changes nothing else: the question is still open.
			if (event.type === 'note.added' && waitsForPerson(session.current())) {
				tellHowToAnswer();
			}
		} catch (error) {
			if (!(error instanceof OperatorError && error.code.startsWith('session.'))) {
				throw error;
			}

			if (error.code === 'session.refused') {
				tell([error.message]);
				tellHowToAnswer();
			}
		}
	}

	async function fillIn(open: Questionnaire, line: string): Promise<void> {
		const {phase} = session.current().incident;
		const wrong = open.answer(line);
		const answers = open.answers();
		if (answers && 'attempt' in phase) {
			await send({type: 'answers.given', step: phase.step, attempt: phase.attempt, answers});
			return;
		}

		tell(wrong === undefined ? [] : [wrong]);
		tellHowToAnswer();
	}

	return {
		ask() {
			const view = session.current();
			const asked = currentVisit(view.incident)?.asked;
			questionnaire = asked?.kind === 'ask' ? createQuestionnaire(asked.questions, now) : undefined;
			tell(sayPrompt(view));
			tellHowToAnswer();
		},
		async answer(line) {
			const view = session.current();
			const open = openQuestions();
			const command = readCommand(line, currentVisit(view.incident)?.gate?.phrase, open !== undefined);

			if (command.kind === 'help') {
				tell(commandHelp);
				tellHowToAnswer();
			} else if (command.kind === 'about') {
				tell(sayProse(currentStep(view.incident)?.prose ?? ''));
				tellHowToAnswer();
			} else if (command.kind === 'group' && command.remedy === '') {
				tell(
					sayRowsOfGroup(currentVisit(view.incident)?.rows ?? [], command.group) ?? [
						`The plan has no group ${command.group}.`,
					],
				);
				tellHowToAnswer();
			} else if (command.kind === 'quit') {
				leave();
			} else if (command.kind === 'enter' && view.held !== undefined) {
				await session.proceed();
			} else if (open && (command.kind === 'text' || command.kind === 'enter')) {
				await fillIn(open, line);
			} else {
				const meant = eventOf(command, view);
				if ('event' in meant) {
					await send(meant.event);
				} else {
					tell(meant.refusal === '' ? [] : [meant.refusal]);
					tellHowToAnswer();
				}
			}
		},
	};
}
