import type {StoredPipeline} from './pipeline-store.ts';

type Numbered = Pick<StoredPipeline, 'number' | 'approval'>;

/** @param index of the step in the pipeline. An approval replaces every workflow and step: their ids are others then. */
export function stepId({number, approval}: Numbered, index: number): number {
	return 84_000 + number * 100 + index + (approval?.state === 'approved' ? 50 : 0);
}

export function workflowId({number, approval}: Numbered, index: number): number {
	return 14_000 + number * 20 + index + (approval?.state === 'approved' ? 10 : 0);
}

export function pipelineId({number}: Numbered): number {
	return 20_000 + number;
}

export function uuidOf(pipeline: Numbered, index: number): string {
	return `01DR1LL${String(stepId(pipeline, index)).padStart(19, '0')}`;
}
