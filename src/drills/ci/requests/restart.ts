import {isOld} from '../dialect.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import {type CiResponse, empty, text} from '../response.ts';
import {type Call, cancelPrevious, respondWith} from './shared.ts';

/** @see woodpecker v3.17.0 server/api/pipeline.go, PostPipeline, and server/pipeline/restart.go */
export async function restart(call: Call, number: number): Promise<CiResponse> {
	const {place, repository, query} = call;
	const {store, allowDeploy = false} = repository;
	const old = store.find(number);
	if (old === undefined) {
		return empty(404);
	}

	const event = query.get('event');
	if (event !== null && event !== 'deployment') {
		return empty(400);
	}

	if (event === 'deployment' && !allowDeploy) {
		return empty(403);
	}

	const held = old.approval?.state;
	if (held === 'blocked' || (held === 'declined' && isOld(place.dialect))) {
		return text(400, `cannot restart a pipeline with status ${held}`);
	}

	const created = place.now();
	const problem = problemOf(old, isOld(place.dialect));
	const pipeline = await store.add(next => again(call, old, {next, created, problem}));
	if (event === 'deployment') {
		Object.assign(pipeline, {event, deployTo: query.get('deploy_to') ?? ''});
	}

	cancelPrevious(call, pipeline);
	await store.save();
	place.changed();
	// What does not lint is stored once more, and the response is an error. @see the recordings 036 and 037
	return problem?.[0]?.type === 'linter' ? empty(500) : respondWith(call, pipeline);
}

/** Before 3.17 the file of a pipeline in `error` was not kept; one that the forge did not give never is. */
function problemOf({errors}: StoredPipeline, old: boolean): StoredPipeline['errors'] {
	const real = errors?.filter(({warning}) => !warning) ?? [];
	if (real.length === 0) {
		return undefined;
	}

	return old || real[0]!.message.startsWith('could not load config')
		? [{type: 'generic', message: 'pipeline definition not found', warning: false}]
		: errors;
}

/** The restart has the old one's cancel_info and review, although it is neither cancelled nor reviewed. */
function again(
	{place, repository}: Call,
	old: StoredPipeline,
	{next, created, problem}: {next: number; created: number; problem: StoredPipeline['errors']},
): StoredPipeline {
	const {cancelled, copiedCancel = cancelled, agentDied: _, errors: __, waits: ___, ...same} = old;
	const plan = repository.plan({branch: old.branch, event: old.event, created});
	const steps = repository.replan?.(old, created) ?? (plan.kind === 'runs' ? plan.steps : []);
	const waits = plan.kind === 'runs' ? (plan.waits ?? (place.queue.paused ? 'paused' : undefined)) : undefined;
	return {
		...same,
		number: next,
		parent: old.number,
		reruns: old.reruns + 1,
		created,
		steps: problem ? [] : steps,
		...(copiedCancel ? {copiedCancel} : {}),
		...(old.approval ? {approval: {...old.approval, state: 'approved'}} : {}),
		...(problem ? {errors: problem} : {}),
		...(waits ? {waits} : {}),
	};
}
