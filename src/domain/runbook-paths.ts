import {isStop, type Runbook} from './runbook.ts';

/** One way through a runbook. Without `to` it is a stop. */
export type Edge = {from: string; outcome: string; to?: string};

export function edgesOf(runbook: Runbook): Edge[] {
	return runbook.steps.flatMap(step =>
		Object.entries(step.outcomes).map(([outcome, route]) => ({
			from: step.id,
			outcome,
			...(isStop(route) ? {} : {to: route.to}),
		})),
	);
}

/** These steps and every step behind them. */
export function reachable(starts: readonly string[], edges: readonly Edge[]): Set<string> {
	const seen = new Set<string>();
	const ahead = [...starts];
	for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
		if (!seen.has(id)) {
			seen.add(id);
			ahead.push(...edges.filter(({from, to}) => from === id && to !== undefined).map(({to}) => to!));
		}
	}

	return seen;
}

/** By step: the steps that have ended on every path to it, surprises left aside. */
export function valuesAlwaysThere(runbook: Runbook, edges: readonly Edge[]): Map<string, Set<string>> {
	const all = new Set(runbook.steps.map(({id}) => id));
	const there = new Map(runbook.steps.map(({id}) => [id, id === runbook.start ? new Set<string>() : new Set(all)]));

	return settle(
		there,
		edges,
		(before, arriving, first) => (first ? before : new Set([...before].filter(id => arriving.has(id)))),
		runbook.start,
	);
}

/** By step: the steps that have ended on some path to it. A surprise may come from anywhere. */
export function valuesMaybeThere(runbook: Runbook, edges: readonly Edge[]): Map<string, Set<string>> {
	const surprises =
		runbook.decide === undefined
			? []
			: runbook.steps.map(({id}) => ({from: id, outcome: 'surprise', to: runbook.decide!}));
	const there = new Map(runbook.steps.map(({id}) => [id, new Set<string>()]));

	return settle(there, [...edges, ...surprises], (before, arriving) => new Set([...before, ...arriving]));
}

function settle(
	there: Map<string, Set<string>>,
	edges: readonly Edge[],
	meet: (before: Set<string>, arriving: Set<string>, isStart: boolean) => Set<string>,
	start?: string,
): Map<string, Set<string>> {
	for (let changed = true; changed; ) {
		changed = false;
		for (const {from, to} of edges) {
			const before = to === undefined ? undefined : there.get(to);
			if (before) {
				const after = meet(before, new Set([...there.get(from)!, from]), to === start);
				changed ||= after.size !== before.size;
				there.set(to!, after);
			}
		}
	}

	return there;
}
