import {defined} from '../defined.ts';
import type {AskedQuestion} from '../incident/asked.ts';
import type {Incident} from '../incident/incident.ts';
import type {Json, JsonObject} from '../json.ts';

type Name = 'impact' | 'began' | 'noticed';

/** The closing questions, answered; `from`: those whose proposal was taken, with where it is from (`the disk, at the latest`). */
export type Told = Record<Name, string> & {from?: Partial<Record<Name, string>>};

/** What was answered to the closing questions. A question that is still open is answered by its proposal. */
export function toldIn({visits}: Incident): Told {
	const answers: JsonObject = Object.assign(
		{},
		...visits.map(({output}) => (output?.kind === 'answers' ? output.answers : {})),
	);
	const asked = visits.flatMap(visit => (visit.asked?.kind === 'ask' ? visit.asked.questions : []));
	const of = (name: Name) => said(answers[name], proposalOf(name, asked));
	const [impact, began, noticed] = [of('impact'), of('began'), of('noticed')];
	const from = defined({impact: impact.from, began: began.from, noticed: noticed.from});
	return {
		impact: impact.text,
		began: began.text,
		noticed: noticed.text,
		...(Object.keys(from).length > 0 && {from}),
	};
}

type Said = {text: string; from?: string};

type Proposal = {value: string; from: string};

function proposalOf(name: Name, asked: readonly AskedQuestion[]): Proposal | undefined {
	const {default: value, from} = asked.findLast(question => question.name === name) ?? {};
	return typeof value === 'string' && from !== undefined ? {value, from} : undefined;
}

/** A time that a person types has milliseconds, and a proposal that is a file's time has none: the same text was not typed. */
function said(answer: Json | undefined, proposal: Proposal | undefined): Said {
	return proposal !== undefined && (answer === undefined || answer === proposal.value)
		? {text: proposal.value, from: proposal.from}
		: {text: textOf(answer)};
}

/** An answer of a person as text. */
function textOf(value: Json | undefined): string {
	return typeof value === 'string' && value !== ''
		? value
		: value === undefined || value === null || value === ''
			? 'unknown'
			: JSON.stringify(value);
}
