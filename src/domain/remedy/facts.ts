import type {Fault} from '../image/fault.ts';
import {isObject, type Json, type JsonObject} from '../json.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {canRelink, relinkSteps} from './relink-steps.ts';
import type {RemedyOptionKey} from './remedy.ts';

/** What the decision is made from. Each may be null: the scan may not have been possible. */
export type Evidence = JsonObject & {settings: JsonObject; tried: string[]};

/** What matters of it for a remedy. */
export type Facts = ReturnType<typeof factsIn>;

export function factsIn({settings, tried, ...evidence}: Evidence) {
	const faults = listOf<Fault>(evidence.faults);
	const findings = listOf<Finding>(evidence.findings);
	const scanned = Array.isArray(evidence.findings);
	const relinkable = findings.filter(canRelink);
	// What could not be read may be what is missing: only a whole scan shows that the disk is fine.
	const diskIsFine = scanned && evidence.complete !== false && findings.length === 0 && faults.length > 0;
	const remembers = staleAnswers(faults, findings);
	return {
		settings,
		tried,
		scanned,
		remembers,
		/** Its key, or we, are not who was expected: nothing is done there before that is settled. */
		hostRefused: evidence.scan === 'refused',
		// A garbage collection went over the store: whatever ran meanwhile may remember what it took.
		collected: remembers || findings.some(({kind}) => kind === 'child-swept'),
		/** What a relink would do; empty: nothing that is missing can be linked again. */
		relinks: relinkSteps(relinkable),
		caveats: [...new Set(relinkable.flatMap(({plan}) => plan?.caveats ?? []))],
		sibling: textOf(evidence.sibling),
		underWay: textOf(evidence.underWay) as RemedyOptionKey | undefined,
		ciRunsInImage: settings.runsInItself === true,
		ciFailed: tried.includes('rebuild-ci'),
		needsRestart: diskIsFine || remembers || findings.some(({kind}) => kind === 'answers-differ'),
		relinkSuffices: relinkable.length > 0 && relinkable.length === findings.length,
	};
}

/** HTTP has the blob, and delivers nothing of it; the disk does not have it: the answer came from the descriptor cache. */
function staleAnswers(faults: readonly Fault[], findings: readonly Finding[]): boolean {
	const claimed = faults
		.filter(({kind}) => kind === 'blob-empty' || kind === 'blob-truncated')
		.map(({digest}) => digest);
	const gone = findings.flatMap(({kind, digest, missing}) =>
		kind === 'config-missing' || kind === 'layer-missing' ? [digest, ...missing] : missing,
	);
	return claimed.some(digest => digest !== undefined && gone.includes(digest));
}

export function textOf(value: Json | undefined): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf<T>(value: Json | undefined): T[] {
	return Array.isArray(value) ? (value.filter(isObject) as T[]) : [];
}
