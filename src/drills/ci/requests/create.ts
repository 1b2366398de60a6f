import {isOld} from '../dialect.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import {type CiResponse, empty, json} from '../response.ts';
import {type Call, cancelPrevious, respondWith} from './shared.ts';

const noFile = (old: boolean) =>
	old
		? 'could not load config from forge: %!w(<nil>)'
		: 'could not load config from forge: configFetcher: fallback did not find config: the forge responds 500';

/** @see woodpecker v3.17.0 server/api/pipeline.go, CreatePipeline, and server/pipeline/create.go */
export async function create(call: Call, body: string): Promise<CiResponse> {
	const {place, repository, user} = call;
	const {dialect, now, changed} = place;
	const order = readOrder(body);
	if (order === undefined) {
		return empty(400);
	}

	const {branch, variables} = order;
	if (repository.active === false || repository.forge === 'down' || !repository.branches.includes(branch)) {
		// The forge gives no head for this branch; the server gives no other reason.
		return empty(500);
	}

	const created = now();
	const plan = repository.plan({branch, event: 'manual', created});
	if (plan.kind === 'filtered' || plan.kind === 'no-file') {
		return empty(204, {'Pipeline-Filtered': 'true'});
	}

	const failed = repository.forge === 'no-file';
	const errors = failed ? [{type: 'generic', message: noFile(isOld(dialect)), warning: false}] : plan.errors;
	const pipeline = await repository.store.add(number => ({
		number,
		parent: 0,
		reruns: 0,
		event: 'manual',
		branch,
		commit: repository.commit(branch),
		author: user!.login,
		message: `MANUAL PIPELINE @ ${branch}`,
		variables,
		created,
		steps: plan.kind === 'runs' ? plan.steps : [],
		...(plan.kind === 'runs' && plan.workflows ? {workflows: plan.workflows} : {}),
		...(errors ? {errors} : {}),
		...waits(plan, place.queue.paused),
	}));
	cancelPrevious(call, pipeline);
	await repository.store.save();
	changed();

	if (failed) {
		// It is stored, and not named.
		return isOld(dialect) ? json(null) : empty(204);
	}

	return respondWith(call, pipeline);
}

function waits(plan: {kind: string; waits?: 'no-agent'}, paused: boolean): Pick<StoredPipeline, 'waits'> {
	return plan.waits ? {waits: plan.waits} : paused ? {waits: 'paused'} : {};
}

/** @returns undefined when the body is not JSON, or a variable is not text */
function readOrder(body: string): {branch: string; variables: Record<string, string>} | undefined {
	try {
		const {branch = '', variables = {}} = JSON.parse(body) as {branch?: unknown; variables?: Record<string, unknown>};
		const isText = typeof branch === 'string' && Object.values(variables).every(value => typeof value === 'string');
		return isText ? {branch, variables: variables as Record<string, string>} : undefined;
	} catch {
		return undefined;
	}
}
