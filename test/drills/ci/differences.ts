import type {Recording} from '../../support/recorded-ci.ts';

/** Values that carry meaning: they have to be the same. The others have to be of the same type. */
const meaningful = new Set([
	'status',
	'state',
	'exit_code',
	'event',
	'type',
	'is_warning',
	'pid',
	'ppid',
	'rerun_count',
	'deploy_to',
	'canceled_by_user',
	'branch',
	'ref',
	'paused',
	'login',
	'admin',
	'push',
	'pull',
	'active',
	'private',
	'visibility',
	'allow_deploy',
	'cancel_previous_pipeline_events',
	'reviewed_by',
	'worker_count',
	'pending_count',
	'running_count',
	'error',
	'environ',
]);
/** Zero says that it has not happened, or that there is none. */
const zeroOrNot = new Set([
	'started',
	'finished',
	'started_at',
	'finished_at',
	'reviewed',
	'reviewed_at',
	'parent',
	'agent_id',
]);
const named = new Set(['steps', 'workflows', 'children', 'errors', 'pending', 'running']);

/** Where a response differs from the recorded one: in shape, in a type, or in a value that carries meaning. */
export function differences({body, cutFrom}: Recording, ours: unknown): string[] {
	return compare(body, ours, 'body', cutFrom !== undefined);
}

function compare(recorded: unknown, ours: unknown, path: string, cut = false): string[] {
	if (typeOf(recorded) !== typeOf(ours)) {
		return [`${path}: is ${typeOf(ours)}, not ${typeOf(recorded)}`];
	}

	if (Array.isArray(recorded) && Array.isArray(ours)) {
		return compareLists(recorded, ours, path, cut);
	}

	if (isObject(recorded) && isObject(ours)) {
		return compareObjects(recorded, ours, path);
	}

	const key = path.split('.').at(-1)!;
	if (meaningful.has(key) && withoutIds(recorded) !== withoutIds(ours)) {
		return [`${path}: is ${JSON.stringify(ours)}, not ${JSON.stringify(recorded)}`];
	}

	return zeroOrNot.has(key) && (recorded === 0) !== (ours === 0) ? [`${path}: is ${ours}, not ${recorded}`] : [];
}

function compareLists(recorded: unknown[], ours: unknown[], path: string, cut: boolean): string[] {
	const isLog = recorded.some(item => isObject(item) && 'step_id' in item);
	if (isLog) {
		const types = (items: unknown[]) => items.map(item => (item as {data: unknown}).data === null);
		return [
			...compare({...(recorded[0] as object), data: ''}, {...(ours[0] as object), data: ''}, `${path}.0`),
			...(types(recorded).includes(true) && !types(ours).includes(true) ? [`${path}: no empty line`] : []),
		];
	}

	const isCounted = !cut && (path === 'body' || named.has(path.split('.').at(-1)!));
	return [
		...(isCounted && recorded.length !== ours.length ? [`${path}: has ${ours.length}, not ${recorded.length}`] : []),
		...recorded.slice(0, ours.length).flatMap((item, at) => compare(item, ours[at], `${path}.${at}`)),
	];
}

function compareObjects(recorded: Record<string, unknown>, ours: Record<string, unknown>, path: string): string[] {
	const missing = Object.keys(recorded).filter(key => !(key in ours));
	const extra = Object.keys(ours).filter(key => !(key in recorded));
	return [
		...missing.map(key => `${path}.${key}: is missing`),
		...extra.map(key => `${path}.${key}: is too much`),
		...Object.keys(recorded)
			.filter(key => key in ours)
			.flatMap(key => compare(recorded[key], ours[key], `${path}.${key}`)),
	];
}

function withoutIds(value: unknown): unknown {
	return typeof value === 'string' ? value.replace(/uuid=\w+/, 'uuid') : value;
}

function typeOf(value: unknown): string {
	return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
