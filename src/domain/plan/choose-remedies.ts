import {defined} from '../defined.ts';
import {OperatorError} from '../errors.ts';
import type {Digest} from '../image/digest.ts';
import {globs} from '../text/glob.ts';
import {type PlanImage, type PlanRemedy, planRemedies} from './plan.ts';
import {isSibling, type PlanSibling, repointTo} from './plan-siblings.ts';

/** `ID=REMEDY`, as a person wrote it. `to`: which image a tag is pointed to; absent: the newest. */
export type RemedyChoice = {pattern: string; remedy: PlanRemedy; to?: string};

/** @throws OperatorError plan.remedy */
export function parseRemedyChoice(given: string): RemedyChoice {
	const at = given.lastIndexOf('=');
	const [, named, to] = /^([^:]*)(?::(.+))?$/.exec(given.slice(at + 1)) ?? [];
	const remedy = planRemedies.find(each => each === named && (to === undefined || each === 're-point'));
	if (at < 1 || remedy === undefined || remedy === 'restart') {
		throw refusal(`--remedy ${given} is not IMAGE=REMEDY.`);
	}

	return {pattern: given.slice(0, at), remedy, ...defined({to})};
}

type Row = Pick<PlanImage, 'id' | 'repository' | 'tags' | 'findings' | 'recommended' | 'remedies' | 'siblings'> & {
	/** Undefined: no use is known, and not everything was looked at. */
	used?: boolean | undefined;
};

/**
 * For each image the remedy that was chosen, by its id, a glob of repositories, or a group; the last match wins. Else the
 * recommended one.
 * @throws OperatorError plan.remedy: nothing matches, or the remedy is not possible there
 */
export function chooseRemedies(rows: readonly Row[], choices: readonly RemedyChoice[]): Map<string, PlanRemedy> {
	const last = lastChoices(rows, choices);
	const chosen = new Map(rows.map(({id, recommended}) => [id, last.get(id)?.remedy ?? recommended]));

	// Only what was chosen last counts: a wide choice may be narrowed by the next.
	for (const row of rows) {
		const remedy = chosen.get(row.id)!;
		const weighed = row.remedies.find(each => each.remedy === remedy);
		const {to} = last.get(row.id) ?? {};
		if (weighed?.possible !== true && (to === undefined || row.siblings === undefined)) {
			const named = remedy === 're-point' && row.siblings !== undefined ? ` ${sayNames(row.siblings)}` : '';
			throw refusal(`${remedy} is not possible for ${row.id}: ${weighed?.why ?? 'it was not weighed.'}${named}`);
		}

		if (to !== undefined && siblingNamed(row, to) === undefined) {
			throw refusal(`${row.id} cannot be pointed to ${to}. ${sayNames(row.siblings ?? [])}`);
		}
	}

	return chosen;
}

/** For each image that is to be pointed to a certain other one, the digest of that. */
export function chooseSiblings(rows: readonly Row[], choices: readonly RemedyChoice[]): Map<string, Digest> {
	const last = lastChoices(rows, choices);
	return new Map(
		rows.flatMap((row): [string, Digest][] => {
			const found = siblingNamed(row, last.get(row.id)?.to);
			return found === undefined ? [] : [[row.id, found.digest]];
		}),
	);
}

function siblingNamed({siblings = []}: Row, to: string | undefined): PlanSibling | undefined {
	return to === undefined ? undefined : siblings.find(each => isSibling(each, to));
}

function sayNames(siblings: readonly PlanSibling[]): string {
	return `The intact images are ${siblings.map(sibling => repointTo(sibling)).join(', ')}.`;
}

/** @throws OperatorError plan.remedy: nothing matches */
function lastChoices(rows: readonly Row[], choices: readonly RemedyChoice[]): Map<string, RemedyChoice> {
	const last = new Map<string, RemedyChoice>();
	for (const choice of choices) {
		const {pattern, remedy} = choice;
		const matching = rows.filter(row => matches(pattern, row));
		if (matching.length === 0) {
			throw refusal(
				/^(?:used|unused)$/.test(pattern) && rows.some(({used}) => used === undefined)
					? `--remedy ${pattern}=${remedy}: it is not known which images are used.`
					: `--remedy ${pattern}=${remedy}: no damaged image matches.`,
			);
		}

		for (const row of matching) {
			last.set(row.id, choice);
		}
	}

	return last;
}

/** `infra-ci@0a1b2c3d4e5f` · `tools/*` · `cause:child-swept`. A repository's name alone is a glob as well. */
function matches(pattern: string, {id, repository, findings, used}: Row): boolean {
	if (pattern === 'used' || pattern === 'unused') {
		return used === (pattern === 'used');
	}

	const [, cause] = /^cause:(.+)$/.exec(pattern) ?? [];
	return cause === undefined ? pattern === id || globs(pattern, repository) : findings.some(kind => kind === cause);
}

function refusal(message: string): OperatorError {
	return new OperatorError('plan.remedy', message, {
		hint: `Write --remedy with an image of the plan, a glob of repositories, used, unused or cause:KIND, then = and one of ${planRemedies.filter(each => each !== 'restart').join(', ')}; re-point:TAG and re-point:DIGEST choose which image.`,
		exit: 'usage',
	});
}
