import * as v from 'valibot';
import {defined} from '../defined.ts';
import type {Json, JsonObject} from '../json.ts';
import {leave, remedyOfPage} from '../runbook/runbook.ts';
import type {Change} from './change.ts';
import type {PreparedItem, Problem} from './event.ts';
import type {Settings} from './settings.ts';

/** One line of a plan, while a person settles it. */
export type PlanRow = {
	id: string;
	title: string;
	/** What can be done about it, and what cannot, with the reason. */
	remedies: RowRemedy[];
	/** The remedy chosen now: at first the recommended one. `leave`: none. */
	remedy: string;
	recommended: string;
	/** The rows that have to be done before this one. All of them stand above it. */
	after: string[];
	/** Rows above it that have to be over first, however they end. */
	waitsFor?: string[];
	/** It is done only if one of these rows has one of these remedies. */
	onlyWith?: OnlyWith;
	/** Of many rows, those with the same cause, use and remedy are shown as one. Absent: it is shown by itself. */
	cause?: string;
	/** Whether something needs what the row is about; absent: no use is known. */
	used?: boolean;
	/** What uses it, a sentence each. Absent: nobody was to look. */
	users?: string[];
	/** The row as the runbook was given it: what `${row.NAME}` stands for. */
	values: JsonObject;
	/** A person wants it done now: the plan does the marked rows with what they need, and puts the others off. */
	now?: true;
	/** What the chosen remedy would change; absent: it was not looked up yet, or `problem` says why not. */
	prepared?: Prepared;
	problem?: Problem;
};

export type OnlyWith = {rows: string[]; remedies: string[]};

/**
 * `after`: rows that have to be done first where this remedy is chosen; `values`: they stand for those of the row then. A remedy of the
 * page may be offered several times: `re-point`, `re-point:1.4.1`.
 */
type RowRemedy = {remedy: string; possible: boolean; why?: string; after?: string[]; values?: JsonObject};

/** A remedy of one row with its changes, looked up by its action. `destructive`: how many of the changes are. */
export type Prepared = Omit<PreparedItem, 'changes' | 'plan' | 'row' | 'settings'> & {
	changes: Change[];
	/** Of the image that it is about; absent: those of the incident. */
	settings?: Settings;
};

const text = v.string();
const given = v.looseObject({
	id: v.pipe(text, v.minLength(1)),
	title: v.nullish(text),
	recommended: v.nullish(text),
	remedies: v.nullish(
		v.array(
			v.object({
				remedy: text,
				possible: v.optional(v.boolean(), true),
				why: v.nullish(text),
				after: v.exactOptional(v.array(text)),
				values: v.exactOptional(
					v.record(
						text,
						v.custom<Json>(() => true),
					),
				),
			}),
		),
	),
	after: v.nullish(v.array(text), []),
	waitsFor: v.nullish(v.array(text), []),
	onlyWith: v.nullish(v.object({rows: v.array(text), remedies: v.array(text)})),
	cause: v.nullish(text),
	used: v.nullish(v.boolean()),
	users: v.nullish(v.array(text)),
});

type ReadRows = {ok: true; rows: PlanRow[]} | {ok: false; why: string};

/**
 * Reads the rows of a plan. A row is a text, or an object with an `id`; what else it says of itself is optional: `title`,
 * `recommended`, `remedies` (`{remedy, possible, why, after, values}`; absent: every remedy of the page is possible), `after`, `waitsFor`, `onlyWith`,
 * `cause`, `used`, `users`.
 * @param offered the remedies of the page, the first of them recommended where a row does not say
 */
export function readRows(rows: Json | undefined, offered: readonly string[]): ReadRows {
	if (!Array.isArray(rows)) {
		return {ok: false, why: 'its rows are not a list'};
	}

	const above = new Set<string>();
	const read: PlanRow[] = [];
	for (const [at, row] of rows.entries()) {
		const values: Json = typeof row === 'string' ? {id: row} : row;
		const parsed = v.safeParse(given, values);
		if (!parsed.success) {
			return {ok: false, why: `its row ${at + 1} cannot be read: ${parsed.issues[0].message}`};
		}

		const {id, title, recommended, remedies, after, waitsFor, onlyWith, cause, used, users} = parsed.output;
		// Rows stand in the order in which they are carried out, so no row waits for itself.
		const needed = [...(after ?? []), ...(waitsFor ?? []), ...(remedies ?? []).flatMap(each => each.after ?? [])];
		const stranger = needed.find(each => !above.has(each));
		if (above.has(id) || stranger !== undefined) {
			const why = above.has(id) ? 'stands there twice' : `comes after "${stranger}", which no row above it is`;
			return {ok: false, why: `its row "${id}" ${why}`};
		}

		above.add(id);
		const known = (remedies ?? offered.map(remedy => ({remedy, possible: true, why: null}))).filter(({remedy}) =>
			offered.includes(remedyOfPage(remedy)),
		);
		const possible = known.filter(each => each.possible).map(({remedy}) => remedy);
		const first = recommended === undefined || recommended === null ? possible[0] : recommended;
		const best = first !== undefined && possible.includes(first) ? first : leave;
		read.push({
			id,
			title: title || id,
			remedies: known.map(({why, ...each}) => (why ? {...each, why} : each)),
			remedy: best,
			recommended: best,
			after: after ?? [],
			...(waitsFor?.length ? {waitsFor} : {}),
			...defined({onlyWith: onlyWith ?? undefined}),
			...defined({cause: cause ?? undefined, used: used ?? undefined, users: users ?? undefined}),
			values: values as JsonObject,
		});
	}

	return {ok: true, rows: read};
}

/** The rows whose remedy was not looked up yet. */
export function unpreparedRows(rows: readonly PlanRow[]): PlanRow[] {
	return rows.filter(({remedy, prepared, problem}) => remedy !== leave && !prepared && !problem);
}
