import type {StoredPipeline} from '../pipeline-store.ts';
import {progressOf} from '../progress.ts';
import {type CiResponse, empty, text} from '../response.ts';
import {isLive} from '../step-progress.ts';
import {type Call, respondWith, viewOf} from './shared.ts';

export async function cancel(call: Call, pipeline: StoredPipeline): Promise<CiResponse> {
	const {place, repository, user} = call;
	if (!isLive(progressOf(pipeline, viewOf(place)).status)) {
		return text(400, 'Cannot cancel a non-running or non-pending or non-blocked pipeline');
	}

	pipeline.cancelled = {at: place.now(), by: user!.login};
	await repository.store.save();
	place.changed();
	return empty(204);
}

/** An approval replaces workflows and steps: they begin now. */
export async function approve(call: Call, pipeline: StoredPipeline): Promise<CiResponse> {
	const {place, repository, user} = call;
	const {status} = progressOf(pipeline, viewOf(place));
	if (status !== 'blocked') {
		return text(400, `cannot approve a pipeline with status ${status}`);
	}

	const at = place.now();
	const plan = repository.plan({branch: pipeline.branch, event: pipeline.event, created: at});
	pipeline.approval = {state: 'approved', by: user!.login, at};
	pipeline.steps = plan.kind === 'runs' ? plan.steps : [];
	await repository.store.save();
	place.changed();
	return respondWith(call, pipeline);
}

export async function decline(call: Call, pipeline: StoredPipeline): Promise<CiResponse> {
	const {place, repository, user} = call;
	if (progressOf(pipeline, viewOf(place)).status !== 'blocked') {
		return empty(500);
	}

	pipeline.approval = {state: 'declined', by: user!.login, at: place.now()};
	await repository.store.save();
	place.changed();
	return respondWith(call, pipeline);
}
