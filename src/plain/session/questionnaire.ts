import {type AskedQuestion, proposedTime, sayProposedTime} from '../../domain/incident/asked.ts';
import {isObject, type Json, type JsonObject} from '../../domain/json.ts';
import {readTime, sayTime} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {wrap} from '../../domain/text/wrap.ts';

/** The questions of one step, asked one after another. */
export type Questionnaire = {
	/** The open question, and how to answer it. */
	ask(): string[];
	/** @returns what is wrong with the answer; undefined: it was taken */
	answer(line: string): string | undefined;
	/** All of them, once no question is open. */
	answers(): JsonObject | undefined;
};

export function createQuestionnaire(questions: readonly AskedQuestion[], now: () => Date): Questionnaire {
	const given: JsonObject = {};
	let at = 0;

	return {
		ask() {
			const open = questions[at];
			return open ? [...wrap(`Question ${at + 1} of ${questions.length}: ${open.prompt}`), ...sayHow(open)] : [];
		},
		answer(line) {
			const open = questions[at];
			if (!open) {
				return undefined;
			}

			const read = readAnswer(open, line.trim(), now());
			if ('problem' in read) {
				return read.problem;
			}

			given[open.name] = read.value;
			at++;
			return undefined;
		},
		answers: () => (at >= questions.length ? given : undefined),
	};
}

/** What the answer is when only enter is pressed. */
function presetOf({type, default: preset}: AskedQuestion): Json {
	return preset ?? (type === 'tick' || type === 'pick' ? [] : 'unknown');
}

function sayHow(question: AskedQuestion): string[] {
	const {type, options} = question;
	const preset = presetOf(question);
	const enter = Array.isArray(preset)
		? preset.map(labelOf).join(', ') || 'none'
		: typeof preset === 'string'
			? preset
			: JSON.stringify(preset);
	switch (type) {
		case 'tick':
			return [
				...options.flatMap((option, at) =>
					wrap(
						labelOf(option),
						hasOwnNumbers(options) ? {first: '  - ', rest: '    '} : {first: `${at + 1}. `.padStart(5), rest: '     '},
					),
				),
				...wrap(
					options.length === 0
						? 'There is nothing to tick. Press enter.'
						: `Type the numbers with spaces between, or "all", or "none"${
								Array.isArray(preset) && preset.length === 0 ? '' : `; enter for ${numbersOf(preset, options)}`
							}.`,
				),
			];

		case 'pick':
			return [
				...options.flatMap((option, at) => wrap(labelOf(option), {first: `${at + 1}. `.padStart(5), rest: '     '})),
				...wrap(
					options.length === 0
						? 'There is nothing to choose. Press enter.'
						: `Type one number, or "none"; enter for ${enter}.`,
				),
			];

		case 'time':
			return proposedTime(question) === undefined
				? wrap(`Type a time in UTC, 02:15 or 2026-04-19 02:15; enter for "${enter}".`)
				: [
						...wrap(sayProposedTime(question)!),
						...wrap('Enter takes that; or type a time in UTC, 02:15 or 2026-04-19 02:15, or unknown.'),
					];

		default:
			return wrap(
				typeof question.default === 'string' && question.from !== undefined
					? `Type the answer, or unknown; enter for what is proposed from ${visibleLine(question.from)}: "${enter}".`
					: `Type the answer; enter for "${enter}".`,
			);
	}
}

function readAnswer(question: AskedQuestion, text: string, now: Date): {value: Json} | {problem: string} {
	const {type, options} = question;
	if (text === '') {
		const preset = presetOf(question);
		const isEmpty = Array.isArray(preset) && preset.length === 0;
		return type === 'tick' && isEmpty && options.length > 0
			? {problem: 'Nothing is ticked. Type the numbers, or "none".'}
			: {value: preset};
	}

	if (type === 'tick') {
		return readTicks(options, text);
	}

	if (type === 'pick') {
		const picked = text === 'none' ? [] : options[Number(text) - 1];
		return picked === undefined ? {problem: `"${text}" is not a number from 1 to ${options.length}.`} : {value: picked};
	}

	if (type === 'time' && text !== 'unknown') {
		const time = readTime(text, now.getTime());
		return time === undefined ? {problem: `"${text}" is not a past time.`} : {value: time};
	}

	return {value: text};
}

function readTicks(options: Json[], text: string): {value: Json} | {problem: string} {
	if (text === 'all') {
		return {value: options};
	}

	const numbers = text === 'none' ? [] : text.split(/[\s,]+/).map(word => Number(word.replace(/^#/, '')));
	const known = options.map((option, at) => (hasOwnNumbers(options) ? numberOf(option) : at + 1));
	const wrong = numbers.find(number => !known.includes(number));
	return wrong === undefined
		? {value: options.filter((_, at) => numbers.includes(known[at]!))}
		: {
				problem: hasOwnNumbers(options)
					? `"${text}" is not a list of numbers from the list.`
					: `"${text}" is not a list of numbers from 1 to ${options.length}.`,
			};
}

/** Pipelines are called by their numbers, where these tell them apart. */
function hasOwnNumbers(options: readonly Json[]): boolean {
	const numbers = options.map(numberOf);
	return options.length > 0 && !numbers.includes(undefined) && new Set(numbers).size === options.length;
}

function numberOf(option: Json): number | undefined {
	return isObject(option) && typeof option.number === 'number' ? option.number : undefined;
}

function numbersOf(preset: Json, options: readonly Json[]): string {
	return Array.isArray(preset) && hasOwnNumbers(options)
		? preset.map(option => numberOf(option)).join(' ')
		: Array.isArray(preset)
			? preset.map(labelOf).join(', ')
			: String(preset);
}

/** An option in words: `#9 deploy, failure, 2026-04-19 02:00 UTC`. */
export function labelOf(option: Json): string {
	if (!isObject(option)) {
		return typeof option === 'string' ? option : JSON.stringify(option);
	}

	const {number, key, title, status, event, cause, created, repository} = option;
	const parts = [title, event, status, cause, typeof created === 'string' ? sayTime(created) : undefined].filter(
		part => typeof part === 'string',
	);
	const name =
		typeof number === 'number'
			? `${typeof repository === 'string' ? `${repository} ` : ''}#${number} `
			: typeof key === 'string'
				? `${key}  `
				: '';
	const label = `${name}${parts.join(', ')}`;
	return label === '' ? JSON.stringify(option) : label;
}
