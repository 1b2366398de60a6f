import * as v from 'valibot';
import {defined} from '../defined.ts';
import {isObject, type Json, type JsonObject} from '../json.ts';
import {type Doing, type QuestionType, questionTypes} from '../runbook/runbook.ts';
import {isTime, sayTime} from '../text/time.ts';
import {visibleLine} from '../text/visible.ts';

/** What a step asks of a person, with its values resolved. */
export type Asked =
	| {kind: 'choose'; question: string; options: ChoiceOption[]}
	| {kind: 'ask'; questions: AskedQuestion[]}
	| {kind: 'by-hand'; commands: string[]};

/** One option of a decision, from the domain or from the author of the runbook. */
export type ChoiceOption = {
	key: string;
	title: string;
	recommended: boolean;
	why?: string;
	changes?: string;
	risk?: string;
	takes?: string;
	/** Why it cannot be taken now. */
	blocked?: string;
};

/**
 * `options`: what can be ticked or picked. `default`: what is proposed, a time as ISO 8601. `from`: where the proposal is from, in
 * words that follow "from"; only beside a `default`.
 */
export type AskedQuestion = {
	name: string;
	prompt: string;
	type: QuestionType;
	options: Json[];
	default?: Json;
	from?: string;
};

const text = v.exactOptional(v.string());
const option = v.pipe(
	v.object({
		key: v.string(),
		title: text,
		recommended: v.optional(v.boolean(), false),
		why: text,
		changes: text,
		risk: text,
		takes: text,
		blocked: text,
	}),
	v.transform((row): ChoiceOption => ({...row, title: row.title || row.key})),
);
const question = v.object({
	prompt: v.optional(v.string(), ''),
	type: v.optional(v.picklist(questionTypes), 'text'),
	options: v.fallback(v.array(v.any()), []),
	default: v.exactOptional(v.any()),
	from: v.exactOptional(v.any()),
});
const choose = v.object({question: v.optional(v.string(), ''), options: v.fallback(v.array(option), [])});
const ask = v.object({questions: v.fallback(v.record(v.string(), question), {})});
const byHand = v.object({commands: v.fallback(v.array(v.string()), [])});

/** Reads the values of a step from the journal. An option or a question that cannot be read is left out. */
export function parseAsked(does: Doing, values: JsonObject): Asked | undefined {
	switch (does.kind) {
		case 'choose': {
			const read = v.parse(choose, values);
			return {kind: 'choose', question: read.question || does.question, options: read.options};
		}

		case 'ask': {
			const {questions} = v.parse(ask, values);
			return {
				kind: 'ask',
				questions: Object.entries(questions).map(([name, each]) => ({name, ...withProposal(each)})),
			};
		}

		case 'by-hand':
			return {kind: 'by-hand', commands: v.parse(byHand, values).commands};

		default:
			return undefined;
	}
}

/** What is no time is not proposed for one. */
function withProposal({default: preset, from, ...asked}: v.InferOutput<typeof question>): Omit<AskedQuestion, 'name'> {
	const isUsable = asked.type !== 'time' || (typeof preset === 'string' && isTime(preset));
	return {
		...asked,
		...defined({
			default: isUsable ? (preset ?? presetOf(asked)) : undefined,
			from: isUsable && typeof preset === 'string' && preset !== '' && typeof from === 'string' ? from : undefined,
		}),
	};
}

/** The time that is proposed for an answer, as ISO 8601; undefined: none is. */
export function proposedTime({type, default: preset}: AskedQuestion): string | undefined {
	return type === 'time' && typeof preset === 'string' ? preset : undefined;
}

/** `From the disk, at the latest: 2026-04-19 02:00 UTC.` Undefined: no time is proposed. */
export function sayProposedTime(question: AskedQuestion): string | undefined {
	const time = proposedTime(question);
	const from = question.from === undefined ? 'Proposed' : `From ${visibleLine(question.from)}`;
	return time === undefined ? undefined : `${from}: ${sayTime(time)}.`;
}

/** What an option says of itself: `tick: true`. Where none says anything, nothing is filled in. */
function presetOf({type, options}: Omit<AskedQuestion, 'name'>): Json[] | undefined {
	const tells = options.filter(each => isObject(each) && typeof each.tick === 'boolean');
	return type === 'tick' && tells.length > 0 ? tells.filter(each => isObject(each) && each.tick === true) : undefined;
}
