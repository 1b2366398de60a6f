import {type ActionDeclaration, isStop, type Runbook} from './runbook.ts';

/** A route of a runbook, from a step to the next. Without `to` it leads to a stop. `bare`: this outcome provides no values. */
export type Edge = {from: string; outcome: string; to?: string; bare?: true};

export function edgesOf(runbook: Runbook, known: ReadonlyMap<string, ActionDeclaration> = new Map()): Edge[] {
	return runbook.steps.flatMap(({id, does, outcomes}) => {
		const bare = does.kind === 'plan' ? ['nothing'] : (does.kind === 'action' && known.get(does.action)?.bare) || [];
		return Object.entries(outcomes).map(([outcome, route]) => ({
			from: id,
			outcome,
			...(isStop(route) ? {} : {to: route.to}),
			...(bare.includes(outcome) ? {bare: true as const} : {}),
		}));
	});
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

type ByStep = Map<string, Set<string>>;

/** By step: the steps that have ended on every path to it. Surprises are not counted as paths. */
export function stepsAlwaysEnded(runbook: Runbook, edges: readonly Edge[]): ByStep {
	return onEveryPath(runbook, edges, (before, {from}) => new Set([...before, from]));
}

/** The same for steps whose values are available: a later bare end removes the values of an earlier one. */
export function valuesAlwaysThere(runbook: Runbook, edges: readonly Edge[]): ByStep {
	return onEveryPath(runbook, edges, (before, {from, bare}) =>
		bare ? new Set([...before].filter(id => id !== from)) : new Set([...before, from]),
	);
}

/** By step: the steps that have ended on some path to it. A surprise may come from anywhere. */
export function stepsMaybeEnded(runbook: Runbook, edges: readonly Edge[]): ByStep {
	return onSomePath(runbook, edges, (before, {from}) => new Set([...before, from]));
}

export function valuesMaybeThere(runbook: Runbook, edges: readonly Edge[]): ByStep {
	return onSomePath(runbook, edges, (before, {from, bare}) => new Set(bare ? before : [...before, from]));
}

type Pass = (before: Set<string>, edge: Edge) => Set<string>;

function onEveryPath(runbook: Runbook, edges: readonly Edge[], pass: Pass): ByStep {
	const all = runbook.steps.map(({id}) => id);
	const there = new Map(all.map(id => [id, id === runbook.start ? new Set<string>() : new Set(all)]));
	return settle(there, edges, (before, edge) => {
		const arriving = pass(there.get(edge.from)!, edge);
		return new Set([...before].filter(id => arriving.has(id)));
	});
}

function onSomePath(runbook: Runbook, edges: readonly Edge[], pass: Pass): ByStep {
	const {decide} = runbook;
	const there = new Map(runbook.steps.map(({id}) => [id, new Set<string>()]));
	const surprises: Edge[] =
		decide === undefined ? [] : runbook.steps.map(({id}) => ({from: id, outcome: 'surprise', to: decide, bare: true}));
	return settle(
		there,
		[...edges, ...surprises],
		(before, edge) => new Set([...before, ...pass(there.get(edge.from)!, edge)]),
	);
}

function settle(there: ByStep, edges: readonly Edge[], meet: (before: Set<string>, edge: Edge) => Set<string>): ByStep {
	for (let changed = true; changed; ) {
		changed = false;
		for (const edge of edges) {
			const before = edge.to === undefined ? undefined : there.get(edge.to);
			if (before) {
				const after = meet(before, edge);
				changed ||= after.size !== before.size;
				there.set(edge.to!, after);
			}
		}
	}

	return there;
}
