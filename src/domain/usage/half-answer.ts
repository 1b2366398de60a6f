import {visibleLine} from '../text/visible.ts';
import {allKinds, type NotLookedAt} from './usage.ts';
import {type WorkloadKind, workloadKinds} from './workload.ts';

type Looked = {lookedAt: string[]; notLookedAt: NotLookedAt[]};

/**
 * What was looked at where a program ended with an error beside its list. kubectl prints what it could list, an empty list too, and
 * one line for each kind that it could not: `Error from server (Forbidden): deployments.apps is forbidden: …`, `the server doesn't
 * have a resource type "cronjobs"`. Any other line is about everything: only kinds of which something came were looked at.
 * @see kubectl 1.32, seen against an API that refuses: test/adapters/usage/kubectl.test.ts
 * @param asked the kinds that it was asked for
 * @param listed the kinds that its list shows
 */
export function lookedAtBeside(stderr: string, asked: readonly string[], listed: readonly WorkloadKind[]): Looked {
	const lines = stderr
		.split('\n')
		.map(line => visibleLine(line.trim()))
		.filter(line => line !== '' && !/^(?:W\d{4} |Warning: )/.test(line));
	const names = listed.map(kind => workloadKinds[kind] as string);
	const refused = asked.flatMap(what => {
		const why = lines.find(line => kindIn(line) === what);
		return why === undefined ? [] : [{what, why}];
	});
	const general = lines.filter(line => !asked.includes(kindIn(line) ?? ''));
	const isWhole = lines.length > 0 && general.length === 0;
	const lookedAt = asked.filter(what => !refused.some(each => each.what === what) && (isWhole || names.includes(what)));
	const why = general.at(-1) ?? 'The program ended with an error and gave no reason.';
	const rest = asked.filter(what => !lookedAt.includes(what) && !refused.some(each => each.what === what));
	return {lookedAt, notLookedAt: [...refused, ...rest.map(what => ({what, why}))]};
}

/** A text that somebody made does not tell an empty kind from one that nobody looked for. */
export function lookedAtIn(listed: readonly WorkloadKind[]): Looked {
	const lookedAt = allKinds.filter(what => listed.some(kind => workloadKinds[kind] === what));
	const notLookedAt = allKinds
		.filter(what => !lookedAt.includes(what))
		.map(what => ({what, why: listed.length === 0 ? 'The list is empty.' : 'The list has none of them.'}));
	return {lookedAt, notLookedAt};
}

function kindIn(line: string): string | undefined {
	const [, forbidden, absent] =
		/\((?:Forbidden|NotFound|MethodNotAllowed)\): ([a-z]+)(?:\.[a-z.]+)? |have a resource type "([a-z]+)/.exec(line) ??
		[];
	return forbidden ?? absent;
}
