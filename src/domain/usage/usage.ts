import type {Digest} from '../image/digest.ts';
import type {ImageReference} from '../image/reference.ts';
import {joinPulled, type Pulled} from './pulled.ts';
import {type Container, referenceIn, type Workload, workloadKinds} from './workload.ts';

/** Worst first. */
export const useStates = [
	/** A pod of it cannot pull the image now. */
	'failing',
	/** It runs, and pulls the image at its next start on a node that lacks it. */
	'next-start',
	/** A schedule starts it. */
	'next-run',
	/** It is an earlier revision: it starts when somebody rolls back. */
	'rollback',
	/** It is scaled to nothing, or suspended. */
	'stopped',
	/** Its pull policy is Never: no registry is asked. */
	'never-pulls',
] as const;

export type UseState = (typeof useStates)[number];

/** One workload and one image that it runs. */
export type Use = {
	kind: string;
	/** `namespace/name` */
	name: string;
	/** As it is written in the cluster. */
	image: string;
	/** Undefined: it names no registry, or cannot be read. */
	reference?: ImageReference;
	containers: string[];
	state: UseState;
	/** Every start asks the registry, also on a node that has it. */
	pullsAlways: boolean;
	/** The words of the node for why it cannot be pulled. */
	problem?: {reason: string; message?: string};
	/** What its pods run now, and where. */
	running: {digest: Digest; node?: string}[];
	/** What its nodes pulled for the tag that it is written with, each digest once. */
	pulled?: Pulled[];
};

/** What is not known of the use of images: which part, and why. */
export type NotLookedAt = {what: string; why: string};

/** Which images are used, as far as somebody looked. */
export type Usage = {
	/** ISO 8601, UTC: when the cluster was asked, or when the file was written. */
	at: string;
	/** `kubectl, context prod` */
	source: string;
	/** The kinds of workloads that were looked at: `pods`. */
	lookedAt: string[];
	notLookedAt: NotLookedAt[];
	uses: Use[];
};

/** The uses, worst first, then by name: one for each workload and image. Pods stand for what made them. */
export function usesIn(workloads: readonly Workload[]): Use[] {
	const byName = new Map(workloads.map(each => [keyOf(each.kind, each.name), each]));
	const uses = new Map<string, Use>();
	for (const workload of workloads) {
		const top = topOf(workload, byName);
		for (const container of workload.containers) {
			const state = stateOf(workload, container, top, byName);
			if (state !== undefined) {
				add(entryOf({kind: top.kind, name: top.name, state, container, ...nodeOf(workload)}), uses);
			}
		}
	}

	return [...uses.values()].sort((one, other) => rank(one) - rank(other) || compare(sortKey(one), sortKey(other)));
}

/** The names that `Usage.lookedAt` has for all kinds. */
export const allKinds: string[] = Object.values(workloadKinds);

type Named = {kind: string; name: string};

function keyOf(kind: string, name: string): string {
	return `${kind} ${name}`;
}

function ownerOf({name, owner}: Workload): Named | undefined {
	const slash = name.indexOf('/');
	return owner && {kind: owner.kind, name: `${name.slice(0, slash + 1)}${owner.name}`};
}

/** What made it in the end, as far as that was looked at. A node "owns" its static pods, which nothing else describes. */
function topOf(workload: Workload, byName: ReadonlyMap<string, Workload>): Named {
	const seen = new Set<Workload>([workload]);
	let top: Named = workload;
	for (let owner = ownerOf(workload); owner !== undefined && owner.kind !== 'Node'; ) {
		top = owner;
		const known = byName.get(keyOf(owner.kind, owner.name));
		if (known === undefined || seen.has(known)) {
			break;
		}

		seen.add(known);
		owner = ownerOf(known);
	}

	return {kind: top.kind, name: top.name};
}

/** Undefined: it never starts again, or something else here tells it. */
function stateOf(
	workload: Workload,
	{image, pulls, failing}: Container,
	top: Named,
	byName: ReadonlyMap<string, Workload>,
): UseState | undefined {
	const {kind, stopped} = workload;
	if (stopped === 'finished') {
		return undefined;
	}

	if (failing !== undefined) {
		return 'failing';
	}

	if (pulls === 'never') {
		return 'never-pulls';
	}

	const made = byName.get(keyOf(top.kind, top.name));
	const isEarlier = made !== undefined && made !== workload && !made.containers.some(each => each.image === image);
	if (kind === 'ReplicaSet' && stopped === 'scaled-down') {
		return workload.owner === undefined ? 'stopped' : made === undefined || isEarlier ? 'rollback' : undefined;
	}

	if (stopped !== undefined) {
		return 'stopped';
	}

	// What a schedule made is told by the schedule; its pods run until they end.
	return kind === 'CronJob' || (top.kind === 'CronJob' && !isEarlier) ? 'next-run' : 'next-start';
}

function entryOf({
	kind,
	name,
	state,
	container,
	node,
}: Named & {state: UseState; container: Container; node?: string}): Use {
	const {image, pulls, running, pulled, failing} = container;
	const reference = referenceIn(image);
	return {
		kind,
		name,
		image,
		...(reference && {reference}),
		containers: [container.name],
		state,
		pullsAlways: pulls === 'always',
		...(failing && {problem: failing}),
		running: running === undefined ? [] : [{digest: running, ...(node !== undefined && {node})}],
		...(pulled && {pulled: [pulled]}),
	};
}

function nodeOf({node}: Workload): {node?: string} {
	return node === undefined ? {} : {node};
}

function add(use: Use, uses: Map<string, Use>): void {
	const key = `${keyOf(use.kind, use.name)} ${use.image}`;
	const known = uses.get(key);
	if (known === undefined) {
		uses.set(key, use);
		return;
	}

	const problem = known.problem ?? use.problem;
	const pulled = joinPulled([...(known.pulled ?? []), ...(use.pulled ?? [])]);
	const isNew = (one: Use['running'][number]) =>
		!known.running.some(({digest, node}) => digest === one.digest && node === one.node);
	uses.set(key, {
		...known,
		containers: [...new Set([...known.containers, ...use.containers])],
		state: rank(use) < rank(known) ? use.state : known.state,
		pullsAlways: known.pullsAlways || use.pullsAlways,
		...(problem && {problem}),
		running: [...known.running, ...use.running.filter(isNew)],
		...(pulled.length > 0 && {pulled}),
	});
}

function rank({state}: Pick<Use, 'state'>): number {
	return useStates.indexOf(state);
}

function sortKey({kind, name, image}: Use): string {
	return `${name} ${kind} ${image}`;
}

function compare(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
