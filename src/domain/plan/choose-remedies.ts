import {OperatorError} from '../errors.ts';
import {globs} from '../text/glob.ts';
import {type PlanImage, type PlanRemedy, planRemedies} from './plan.ts';

/** `ID=REMEDY`, as a person wrote it. */
export type RemedyChoice = {pattern: string; remedy: PlanRemedy};

/** @throws OperatorError plan.remedy */
export function parseRemedyChoice(given: string): RemedyChoice {
	const at = given.lastIndexOf('=');
	const remedy = planRemedies.find(each => each === given.slice(at + 1));
	if (at < 1 || remedy === undefined || remedy === 'restart') {
		throw refusal(`--remedy ${given} is not IMAGE=REMEDY.`);
	}

	return {pattern: given.slice(0, at), remedy};
}

type Row = Pick<PlanImage, 'id' | 'repository' | 'tags' | 'findings' | 'recommended' | 'remedies'> & {
	/** Undefined: no use is known, and not everything was looked at. */
	used?: boolean | undefined;
};

/**
 * For each image the remedy that was chosen, by its id, a glob of repositories, or a group; the last match wins. Else the
 * recommended one.
 * @throws OperatorError plan.remedy: nothing matches, or the remedy is not possible there
 */
export function chooseRemedies(rows: readonly Row[], choices: readonly RemedyChoice[]): Map<string, PlanRemedy> {
	const chosen = new Map<string, PlanRemedy>(rows.map(({id, recommended}) => [id, recommended]));
	for (const {pattern, remedy} of choices) {
		const matching = rows.filter(row => matches(pattern, row));
		if (matching.length === 0) {
			throw refusal(
				/^(?:used|unused)$/.test(pattern) && rows.some(({used}) => used === undefined)
					? `--remedy ${pattern}=${remedy}: it is not known which images are used.`
					: `--remedy ${pattern}=${remedy}: no damaged image matches.`,
			);
		}

		for (const row of matching) {
			chosen.set(row.id, remedy);
		}
	}

	// Only what was chosen last counts: a wide choice may be narrowed by the next.
	for (const row of rows) {
		const remedy = chosen.get(row.id)!;
		const weighed = row.remedies.find(each => each.remedy === remedy);
		if (weighed?.possible !== true) {
			throw refusal(`${remedy} is not possible for ${row.id}: ${weighed?.why ?? 'it was not weighed.'}`);
		}
	}

	return chosen;
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
		hint: `Write --remedy with an image of the plan, a glob of repositories, used, unused or cause:KIND, then = and one of ${planRemedies.filter(each => each !== 'restart').join(', ')}.`,
		exit: 'usage',
	});
}
