import {pipelineJson} from '../json/pipeline-json.ts';
import type {StoredPipeline} from '../pipeline-store.ts';
import type {CiPlace, CiRepository, CiUser} from '../place.ts';
import {progressOf} from '../progress.ts';
import {type CiResponse, json} from '../response.ts';
import {isLive, type View} from '../step-progress.ts';

/** One request to a repository. */
export type Call = {place: CiPlace; repository: CiRepository; user?: CiUser; query: URLSearchParams};

export function viewOf({dialect, image, lagMs, now}: CiPlace): View {
	return {now: now(), dialect, image, lagMs};
}

export function respondWith({place, repository}: Call, pipeline: StoredPipeline): CiResponse {
	return json(
		pipelineJson(pipeline, viewOf(place), {
			repository: `acme/${repository.name}`,
			version: place.version,
			withWorkflows: true,
		}),
	);
}

/**
 * Cancels what the settings of the repository say: of pushes those of the same branch, of all other events every one. A new
 * pipeline and a restart do so alike. @see woodpecker server/pipeline/cancel.go, cancelPreviousPipelines
 */
export function cancelPrevious({place, repository}: Call, started: StoredPipeline): void {
	const {cancels = ['push', 'pull_request'], store} = repository;
	if (!cancels.includes(started.event)) {
		return;
	}

	const view = viewOf(place);
	for (const other of store.pipelines()) {
		const isPrevious =
			other.number !== started.number &&
			other.event === started.event &&
			(started.event !== 'push' || other.branch === started.branch) &&
			isLive(progressOf(other, view).status);
		if (isPrevious && other.cancelled === undefined) {
			other.cancelled = {at: view.now, supersededBy: started.number};
		}
	}
}
