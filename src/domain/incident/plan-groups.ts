import {type Group, inGroups, type Line, sayNames, sayUse} from '../plan/groups.ts';
import {leave} from '../runbook/runbook.ts';
import {byteSize, count} from '../text/wording.ts';
import type {Change} from './change.ts';
import type {GateItem} from './incident.ts';
import type {PlanRow} from './plan-row.ts';

export type RowGroup = Group<PlanRow>;

type Fact = {label: 'with' | 'why' | 'not' | 'does' | 'undo' | 'or'; text: string};

/** The lines of a plan. A group goes by what was recommended: it stays where it is, whatever is chosen for its rows. */
export function linesOf(rows: readonly PlanRow[]): Line<PlanRow>[] {
	return inGroups(rows, ({cause, used, recommended}) =>
		cause === undefined ? undefined : {used, cause, remedy: recommended},
	);
}

/** Where this remedy is possible and not chosen yet. */
export function rowsFor(rows: readonly PlanRow[], remedy: string): string[] {
	return rows.filter(row => row.remedy !== remedy && isPossible(row, remedy)).map(({id}) => id);
}

/** The remedies that are possible for some row, in their order, and `leave` as the last. Those of one row alone are not for several. */
export function remediesOf(rows: readonly PlanRow[]): string[] {
	const isOffered = ({possible, values}: PlanRow['remedies'][number]) =>
		possible && (values === undefined || rows.length === 1);
	const possible = rows.flatMap(({remedies}) => remedies.filter(isOffered).map(({remedy}) => remedy));
	return [...new Set(possible)].filter(remedy => remedy !== leave).concat(leave);
}

/** What is not known to be used, and would be repaired. Undefined: nothing is known to be used. */
export function rowsNotUsed(rows: readonly PlanRow[]): PlanRow[] | undefined {
	return rows.some(({used}) => used === true)
		? rows.filter(({cause, used, remedy}) => cause !== undefined && used !== true && remedy !== leave)
		: undefined;
}

/** `relink`; where they differ: `1195 relink, 5 leave` */
export function sayChosen(rows: readonly PlanRow[]): string {
	const chosen = mostFrequent(rows.map(({remedy}) => remedy));
	return chosen.length === 1 ? chosen[0]![0] : chosen.map(([remedy, often]) => `${often} ${remedy}`).join(', ');
}

/** Each of the texts with how often it is there. */
function mostFrequent(texts: readonly string[]): [text: string, often: number][] {
	const groups = [...Map.groupBy(texts, text => text)].map(([text, some]): [string, number] => [text, some.length]);
	return groups.sort(([, a], [, b]) => b - a);
}

/** `1200 × child-swept, no use known` */
export function sayGroupTitle({rows, cause, used}: RowGroup): string {
	return `${rows.length} × ${cause}, ${sayUse(used)}`;
}

/** What a person has to know about a group without opening it: a label and a text each. */
export function sayGroup({rows}: RowGroup): Fact[] {
	const whys = rows.flatMap(({remedies, remedy}) => remedies.find(each => each.remedy === remedy)?.why ?? []);
	const problems = rows.flatMap(({problem}) => (problem ? `${problem.message} ${problem.hint}` : []));
	const others = remediesOf(rows).filter(remedy => rowsFor(rows, remedy).length > 0);
	const changes = rows.flatMap(({prepared}) => prepared?.changes ?? []);
	return [
		{label: 'with', text: sayNames(rows.map(({title}) => title))},
		...tally(whys).map(text => ({label: 'why' as const, text})),
		...tally(problems).map(text => ({label: 'not' as const, text})),
		...(changes.length > 0 ? [{label: 'does' as const, text: sayChanges(changes)}] : []),
		...tally(rows.flatMap(({prepared}) => prepared?.undo ?? [])).map(text => ({label: 'undo' as const, text})),
		...others.map(remedy => {
			const some = rowsFor(rows, remedy).length;
			return {label: 'or' as const, text: some === rows.length ? remedy : `${remedy}, for ${some} of ${rows.length}`};
		}),
	];
}

const mostTexts = 3;

/** Texts that many rows share, the most frequent first, with how often. */
function tally(texts: readonly string[]): string[] {
	const different = mostFrequent(texts);
	const rest = different.length - mostTexts;
	return [
		...different
			.slice(0, mostTexts)
			.map(([text, often]) => (different.length === 1 ? text : `${text} (${count(often, 'row')})`)),
		...(rest > 0 ? [`and ${rest} more: each stands with its row`] : []),
	];
}

/** `4485 changes: 2985 mount-blob, 1500 put-manifest; uploads 1.2 GB at most; 12 pipelines` */
function sayChanges(changes: readonly Change[]): string {
	const kinds = [...Map.groupBy(changes, ({kind}) => kind)].map(([kind, some]) => `${some.length} ${kind}`);
	const bytes = changes.reduce((sum, change) => sum + ('size' in change ? change.size : 0), 0);
	const pipelines = changes.filter(({kind}) => kind === 'start-pipeline').length;
	return [
		`${count(changes.length, 'change')}: ${kinds.join(', ')}`,
		...(bytes > 0 ? [`${byteSize(bytes)} at most are uploaded`] : []),
		...(pipelines > 0 ? [count(pipelines, 'pipeline')] : []),
	].join('; ');
}

/** The lines of a gate: of many items those that change the same kinds of things, and are undone alike, are one. */
export function gateLines(items: readonly GateItem[]): Line<GateItem>[] {
	return inGroups(items, ({changes, undo}) => ({
		used: undefined,
		cause: [...new Set(changes.map(({kind}) => kind))].join(', '),
		remedy: undo,
	}));
}

/** What a person approves with a group of items: its title, and a label and a text each. */
export function sayGateGroup({rows, cause, remedy: undo}: Group<GateItem>): {title: string; facts: Fact[]} {
	return {
		title: `${rows.length} × ${cause}`,
		facts: [
			{label: 'with', text: sayNames(rows.map(({title}) => title))},
			{label: 'does', text: `${sayChanges(rows.flatMap(({changes}) => changes))}. The journal has each of them.`},
			{label: 'undo', text: undo},
		],
	};
}

function isPossible({remedies}: PlanRow, remedy: string): boolean {
	return remedy === leave || remedies.some(each => each.remedy === remedy && each.possible);
}
