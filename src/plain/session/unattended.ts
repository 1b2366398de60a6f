import {sayProposedTime} from '../../domain/incident/asked.ts';
import type {Happening} from '../../domain/incident/event.ts';
import {currentVisit} from '../../domain/incident/incident.ts';
import {heldItems} from '../../domain/incident/item.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {nextWord} from '../../engine/session/autopilot.ts';
import type {Session, SessionView} from '../../engine/session/session.ts';
import {optionsOf, sayHowToAnswer, sayPrompt} from './prompt.ts';
import {labelOf} from './questionnaire.ts';

/** How often the autopilot checks again whether a change was made. */
const mostChecks = 3;
/** A runbook that comes to the same step more often than this repeats itself. */
const mostVisits = 5;
const mostNamed = 3;

/** What answers where there is no person. */
type Unattended = {
	/** Called where a person would be asked. */
	answer(): void;
	stop(): void;
};

type Ways = {leave: (reason: 'gate' | 'left') => void; failed: (error: unknown) => void};

/** Makes what answers. */
export type Answering = (
	session: Session,
	tell: (lines: string[]) => void,
	ways: Ways & {checkAgainMs: number; resumeCommand: string},
) => Unattended;

/** Follows every recommendation, in a drill; leaves the incident open where that leads nowhere. */
export function createAutopilot(
	session: Session,
	tell: (lines: string[]) => void,
	{checkAgainMs, leave, failed}: Ways & {checkAgainMs: number},
): Unattended {
	let checks = 0;
	let timer: NodeJS.Timeout | undefined;

	return {
		answer() {
			const view = session.current();
			const {incident} = view;
			const {phase} = incident;
			if (view.held !== undefined) {
				session.proceed().catch(failed);
				return;
			}

			tell([...sayPrompt(view), ...sayQuestions(view)]);
			if (phase.kind === 'unsure' && ++checks <= mostChecks) {
				const {step, attempt} = phase;
				timer = setTimeout(() => {
					tell(['On autopilot: again']);
					session.say({type: 'step.retried', step, attempt}).catch(failed);
				}, checkAgainMs);
				return;
			}

			const held = phase.kind === 'applying' ? heldItems(currentVisit(incident)?.items)[0] : undefined;
			if (held && phase.kind === 'applying' && ++checks <= mostChecks) {
				const {step, attempt} = phase;
				timer = setTimeout(() => {
					tell([`On autopilot: item ${held.id} again`]);
					session.say({type: 'item.retried', item: held.id, step, attempt}).catch(failed);
				}, checkAgainMs);
				return;
			}

			const event = nextWord(incident);
			if (!event || (currentVisit(incident)?.attempt ?? 0) > mostVisits) {
				const why = event ? 'The runbook repeats itself.' : 'The autopilot has no answer to this.';
				tell(wrap(`${why} This run ends here; the incident stays open.`));
				leave('left');
				return;
			}

			tell(sayAnswer(event, view).flatMap(text => wrap(`On autopilot: ${text}`, {rest: '  '})));
			session.say(event).catch(failed);
		},
		stop: () => clearTimeout(timer),
	};
}

/** Without a person and without the autopilot: says what it would ask, and ends the run. */
export function createNobody(
	session: Session,
	tell: (lines: string[]) => void,
	{resumeCommand, leave, failed}: Ways & {resumeCommand: string},
): Unattended {
	return {
		answer() {
			const view = session.current();
			if (view.held !== undefined) {
				session.proceed().catch(failed);
				return;
			}

			tell([
				...sayPrompt(view),
				...sayQuestions(view),
				'There is no terminal to ask at, so this run ends here. It would ask:',
				...sayHowToAnswer(view).map(line => `  ${line}`),
				`To answer: ${resumeCommand}`,
			]);
			leave('gate');
		},
		stop() {},
	};
}

function sayQuestions({incident}: SessionView): string[] {
	const asked = currentVisit(incident)?.asked;
	return incident.phase.kind === 'asking' && asked?.kind === 'ask'
		? asked.questions.flatMap(question =>
				wrap(`${question.prompt} ${sayProposedTime(question) ?? ''}`.trimEnd(), {first: '  - ', rest: '    '}),
			)
		: [];
}

/** What a person would have typed. */
function sayAnswer(event: Happening, {incident}: SessionView): string[] {
	switch (event.type) {
		case 'gate.answered':
			return [event.answer];
		case 'choice.made': {
			const options = optionsOf(currentVisit(incident));
			return [String(options.findIndex(({key}) => key === event.option) + 1)];
		}
		case 'answers.given':
			return Object.values(event.answers).map(answer =>
				Array.isArray(answer) ? sayTicked(answer.map(labelOf)) : labelOf(answer),
			);
		case 'hand.reported':
			return [event.outcome];
		case 'plan.settled':
			return ['accept'];
		default:
			return [];
	}
}

function sayTicked(labels: string[]): string {
	const left = labels.length - mostNamed;
	const shown = labels.slice(0, mostNamed).join(', ');
	return labels.length === 0 ? 'none' : left > 0 ? `${shown} and ${left} more` : shown;
}
