import type {Digest} from '../image/digest.ts';
import {type ImageReference, parseReference} from '../image/reference.ts';
import {isObject, type Json, type JsonObject} from '../json.ts';
import {type Pulled, pulledFor} from './pulled.ts';

/** The kinds that are asked for, by the names that kubectl has for them. */
export const workloadKinds = {
	Pod: 'pods',
	Deployment: 'deployments',
	StatefulSet: 'statefulsets',
	DaemonSet: 'daemonsets',
	ReplicaSet: 'replicasets',
	CronJob: 'cronjobs',
	Job: 'jobs',
} as const;

export type WorkloadKind = keyof typeof workloadKinds;

/** One object of a cluster, as far as it says which images it runs. */
export type Workload = {
	kind: WorkloadKind;
	/** `namespace/name`; without a namespace, the name. */
	name: string;
	/** What made it, in the same namespace. */
	owner?: {kind: string; name: string};
	containers: Container[];
	/** Why it starts nothing now. */
	stopped?: 'scaled-down' | 'suspended' | 'finished';
	/** Of a pod. */
	node?: string;
};

export type Container = {
	name: string;
	/** As it is written there. */
	image: string;
	pulls: 'always' | 'if-absent' | 'never';
	/** What it runs, as far as the node says it by a digest. */
	running?: Digest;
	/** The same, where the node pulled it for the tag that it is written with. */
	pulled?: Pulled;
	/** Why its image cannot be pulled now. */
	failing?: {reason: string; message?: string};
};

/**
 * Reads what `kubectl get … -o json` prints: a list, one object, or an array of either. What has another form is left out: a cluster
 * holds much that is not ours.
 * @returns `kinds`: those that the text shows somebody looked for
 */
export function readWorkloads(json: Json): {workloads: Workload[]; kinds: WorkloadKind[]} {
	const kinds = new Set<WorkloadKind>();
	const workloads: Workload[] = [];
	// Lists hold lists: a stack, because a hostile text may nest them deeper than calls may.
	const waiting: (Json | undefined)[] = [json];
	while (waiting.length > 0) {
		const next = waiting.pop();
		if (Array.isArray(next)) {
			for (let at = next.length - 1; at >= 0; at--) {
				waiting.push(next[at]);
			}
		} else if (isObject(next)) {
			const kind = text(next.kind) ?? '';
			const listed = /^(.+)List$/.exec(kind)?.[1] ?? kind;
			if (isWorkloadKind(listed)) {
				kinds.add(listed);
			}

			if (isWorkloadKind(kind)) {
				workloads.push(workloadOf(kind, next));
			} else if (Array.isArray(next.items)) {
				waiting.push(next.items.map(item => withKind(item, listed)));
			}
		}
	}

	return {workloads, kinds: [...kinds]};
}

/** The items of a `PodList`, as the API itself sends it, do not repeat their kind. */
function withKind(item: Json, kind: string): Json {
	return isObject(item) && item.kind === undefined ? {...item, kind} : item;
}

function isWorkloadKind(kind: string): kind is WorkloadKind {
	return Object.hasOwn(workloadKinds, kind);
}

function workloadOf(kind: WorkloadKind, json: JsonObject): Workload {
	const [metadata, spec, status] = [json.metadata, json.spec, json.status].map(objectIn) as [
		JsonObject,
		JsonObject,
		JsonObject,
	];
	const namespace = text(metadata.namespace);
	const name = text(metadata.name) ?? '(without a name)';
	const owner = list(metadata.ownerReferences)
		.map(objectIn)
		.find(({controller}) => controller === true);
	const node = kind === 'Pod' ? text(spec.nodeName) : undefined;
	const stopped = whyStopped(kind, spec, status);
	return {
		kind,
		name: namespace === undefined ? name : `${namespace}/${name}`,
		containers: containersOf(podSpecOf(kind, spec), kind === 'Pod' ? status : {}),
		...(owner && {owner: {kind: text(owner.kind) ?? '', name: text(owner.name) ?? ''}}),
		...(stopped && {stopped}),
		...(node !== undefined && {node}),
	};
}

function podSpecOf(kind: WorkloadKind, spec: JsonObject): JsonObject {
	switch (kind) {
		case 'Pod':
			return spec;
		case 'CronJob':
			return objectIn(objectIn(objectIn(objectIn(spec.jobTemplate).spec).template).spec);
		default:
			return objectIn(objectIn(spec.template).spec);
	}
}

/** @see kubernetes.io/docs, Job conditions: Complete and Failed are final. A pod that ended is not started again. */
function whyStopped(kind: WorkloadKind, spec: JsonObject, status: JsonObject): Workload['stopped'] {
	switch (kind) {
		case 'Pod':
			return status.phase === 'Succeeded' || status.phase === 'Failed' ? 'finished' : undefined;
		case 'Job': {
			const isOver = list(status.conditions)
				.map(objectIn)
				.some(({type, status: is}) => (type === 'Complete' || type === 'Failed') && is === 'True');
			return isOver ? 'finished' : spec.suspend === true ? 'suspended' : undefined;
		}

		case 'CronJob':
			return spec.suspend === true ? 'suspended' : undefined;
		default:
			return spec.replicas === 0 ? 'scaled-down' : undefined;
	}
}

const containerLists = [
	['initContainers', 'initContainerStatuses'],
	['containers', 'containerStatuses'],
	['ephemeralContainers', 'ephemeralContainerStatuses'],
] as const;

function containersOf(spec: JsonObject, status: JsonObject): Container[] {
	return containerLists.flatMap(([specs, statuses]) => {
		const states = list(status[statuses]).map(objectIn);
		return list(spec[specs])
			.map(objectIn)
			.flatMap(container => {
				const image = text(container.image);
				const name = text(container.name) ?? '';
				return image === undefined ? [] : [containerOf(container, {image, name}, states)];
			});
	});
}

function containerOf(
	container: JsonObject,
	{image, name}: {image: string; name: string},
	states: JsonObject[],
): Container {
	const state = states.find(each => each.name === name) ?? {};
	const id = idIn(text(state.imageID) ?? '');
	const running = id?.digest;
	const [waiting, runs] = [objectIn(state.state).waiting, objectIn(state.state).running].map(objectIn) as [
		JsonObject,
		JsonObject,
	];
	const pulled = pulledFor(referenceIn(image), id, {
		started: text(runs.startedAt),
		container: text(state.containerID),
	});
	const reason = text(waiting.reason);
	const message = text(waiting.message);
	return {
		name,
		image,
		pulls: pullsOf(text(container.imagePullPolicy), image),
		...(running && {running}),
		...(pulled && {pulled}),
		...(reason !== undefined &&
			failsToPull.has(reason) && {failing: {reason, ...(message !== undefined && {message})}}),
	};
}

/** @see kubernetes/kubernetes pkg/kubelet/images/types.go: the reasons of a pull that failed */
const failsToPull = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);

/** Absent where no API server has filled it in. @see kubernetes.io/docs/concepts/containers/images: the defaults */
function pullsOf(policy: string | undefined, image: string): Container['pulls'] {
	switch (policy) {
		case 'Always':
			return 'always';
		case 'Never':
			return 'never';
		case 'IfNotPresent':
			return 'if-absent';
		default:
			return referenceIn(image)?.tag === 'latest' ? 'always' : 'if-absent';
	}
}

/**
 * `registry.example/web@sha256:…`, with or without `docker-pullable://`. A bare `sha256:…` is the id of a config, which no
 * registry knows an image by.
 */
function idIn(imageId: string): ImageReference | undefined {
	return referenceIn(imageId.replace(/^[a-z-]+:\/\//, ''));
}

/** Undefined: it names no registry, or nothing that could be pulled. */
export function referenceIn(image: string): ImageReference | undefined {
	try {
		return parseReference(image);
	} catch {
		return undefined;
	}
}

function text(json: Json | undefined): string | undefined {
	return typeof json === 'string' && json !== '' ? json : undefined;
}

function list(json: Json | undefined): Json[] {
	return Array.isArray(json) ? json : [];
}

function objectIn(json: Json | undefined): JsonObject {
	return isObject(json) ? json : {};
}
