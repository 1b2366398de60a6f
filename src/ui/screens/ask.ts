import {type AskedQuestion, proposedTime, sayProposedTime} from '../../domain/incident/asked.ts';
import type {Visit} from '../../domain/incident/incident.ts';
import type {Json, JsonObject} from '../../domain/json.ts';
import {readTime, sayTime} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {drawField} from '../draw/dialog.ts';
import type {Row} from '../draw/formatter.ts';
import {drawResult} from '../draw/results/result.ts';
import {sayValue} from '../draw/results/values.ts';
import {openQuestion, questionAt, type ScreenState, type Transition, withMessage} from '../state/screen-state.ts';
import type {SituationOf} from '../state/situation.ts';
import {drawOptions, textsOf} from './option-list.ts';
import type {DrawContext, Screen} from './screen.ts';

const nothingTicked = 'Nothing is ticked. Press enter once more for none of them.';

/** Questions, one at a time. "unknown" is a valid answer. */
export const askScreen: Screen<'ask'> = {
	scopes: ['tick'],
	scopesFor: ({questions}, {answers}) => [questionAt(questions, answers)[0]?.type === 'pick' ? 'pick' : 'tick'],
	draw({visit, questions}, {answers, field, ticked, cursor, focus}, context) {
		const {format, width} = context;
		const [question, at = questions.length - 1] = questionAt(questions, answers);
		const given: Row[] = questions.slice(0, at).map(({name, prompt, type}) => {
			const said = sayValue(answers[name] ?? '');
			const shown = type === 'time' ? sayTime(said) : said;
			return format.cut(format.row([`${format.glyphs.done} `, 'good'], [`${prompt} `, 'dim'], shown), width);
		});
		const title = `${visit.title} ${format.glyphs.dot} ${at + 1} of ${questions.length}`;
		if (!question) {
			return {title, rows: given};
		}

		const proposal = sayProposedTime(question);
		const rows: Row[] = [
			...given,
			...(given.length > 0 ? [[]] : []),
			...format.wrap(question.prompt, width, 'strong'),
			...(proposal === undefined ? [] : format.wrap(proposal, width)),
		];
		const isPick = question.type === 'pick';
		if (question.type !== 'tick' && !isPick) {
			const hint = sayHow(question);
			return {
				title,
				rows: at === 0 ? [...rows, ...drawBefore(visit, context)] : rows,
				foot: [...format.wrap(hint, width, 'dim'), drawField(field, format, width, {active: focus === 'field'})],
			};
		}

		rows.push([]);
		const list = drawOptions(question, {cursor, ticked, format, width});
		const hint = isPick
			? 'enter chooses this one.'
			: `${ticked.length} of ${question.options.length} ticked. space ticks, enter answers.`;
		return {
			title,
			rows: [...rows, ...list.rows],
			focus: [rows.length + list.focus[0], rows.length + list.focus[1]],
			foot: [format.row([hint, 'dim'])],
		};
	},
	next({questions}, {answers}) {
		const [question] = questionAt(questions, answers);
		if (question && proposedTime(question) !== undefined) {
			return 'Press enter for the time that is proposed, or type another.';
		}

		const type = question?.type;
		return type === 'tick'
			? 'Tick what applies, then press enter.'
			: type === 'pick'
				? 'Choose one, then press enter.'
				: 'Type the answer, then press enter.';
	},
	act(situation, state, intent) {
		const [question] = questionAt(situation.questions, state.answers);
		if (!question) {
			return undefined;
		}

		switch (intent) {
			case 'tick': {
				const {ticked, cursor} = state;
				const next = ticked.includes(cursor) ? ticked.filter(each => each !== cursor) : [...ticked, cursor];
				return question.options.length === 0
					? withMessage(state, 'There is nothing to choose.')
					: [{...state, ticked: next, isNoneMeant: false}, []];
			}

			case 'answer':
				if (question.type === 'pick') {
					return answer(situation, state, question, question.options[state.cursor] ?? []);
				}

				if (question.type !== 'tick') {
					return [{...state, focus: 'field'}, []];
				}

				return state.ticked.length === 0 && question.options.length > 0 && !state.isNoneMeant
					? withMessage({...state, isNoneMeant: true}, nothingTicked)
					: answer(situation, state, question, tickedOf(question, state));
			case 'cancel':
				return goBack(situation, state);
			default:
				return undefined;
		}
	},
	submit(situation, state, text, {now}) {
		const [question] = questionAt(situation.questions, state.answers);
		if (!question) {
			return [state, []];
		}

		const said = text.trim();
		if (said === '' || said === 'unknown') {
			return answer(situation, state, question, (said === '' ? proposedTime(question) : undefined) ?? 'unknown');
		}

		const moment = question.type === 'time' ? readTime(said, now) : said;
		return moment === undefined
			? withMessage(state, `"${said}" is not a past time. Type 09:00 or 2026-04-19 09:00, in UTC.`)
			: answer(situation, state, question, moment);
	},
	picks({questions}, {answers}) {
		const [question] = questionAt(questions, answers);
		return question === undefined ? [] : textsOf(question);
	},
};

/** How a question with a field is answered, and what enter does. */
function sayHow(question: AskedQuestion): string {
	const {type, default: preset, from} = question;
	if (type === 'time') {
		const example = 'UTC, 09:00 or 2026-04-19 09:00';
		return proposedTime(question) === undefined
			? `${example}. Empty is "unknown".`
			: `Enter takes the time above. Or type ${example}, or unknown.`;
	}

	const filled = from === undefined ? '' : ` from ${visibleLine(from)}`;
	return `${typeof preset === 'string' && preset !== '' ? `Filled in${filled}: change it, or press enter. ` : ''}Empty is "unknown".`;
}

/** What the step before found: the question came up at once, and nobody has read it yet. */
function drawBefore(visit: Visit, context: DrawContext): Row[] {
	const {visits} = context.incident;
	const before = visits[visits.indexOf(visit) - 1];
	return before === undefined
		? []
		: [[], ...context.format.wrap(before.title, context.width, 'dim'), ...drawResult(before, -1, context).rows];
}

/** The next question, or all the answers at once. */
function answer(
	{questions, visit}: SituationOf<'ask'>,
	state: ScreenState,
	{name}: AskedQuestion,
	value: Json,
): Transition {
	const answers: JsonObject = {...state.answers, [name]: value};
	const [next] = questionAt(questions, answers);
	const {step, attempt} = visit;
	return next
		? [{...state, answers, offset: 0, ...openQuestion(next)}, []]
		: [{...state, answers, focus: 'main'}, [{kind: 'send', event: {type: 'answers.given', answers, step, attempt}}]];
}

function goBack({questions}: SituationOf<'ask'>, state: ScreenState): Transition {
	const [, at = questions.length] = questionAt(questions, state.answers);
	const before = questions[at - 1];
	if (!before) {
		return withMessage(state, 'This is the first question. tab leaves the field for the other keys.');
	}

	const {[before.name]: _, ...answers} = state.answers;
	return [{...state, answers, ...openQuestion(before)}, []];
}

function tickedOf(question: AskedQuestion, {ticked}: ScreenState): Json {
	return question.options.filter((_, at) => ticked.includes(at));
}
