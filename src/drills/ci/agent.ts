import {buildImage} from '../images/image.ts';
import {canPull, digestOfTag, PushRefused, pushImage} from '../images/registry-client.ts';
import type {BasicCredentials} from '../registry/authorization.ts';
import type {PipelineStore, StoredPipeline, StoredStep} from './pipeline-store.ts';
import {progressOf} from './progress.ts';
import {isLive, type PendingTask, pendingTask, type View} from './step-progress.ts';

/** The User-Agent of the agent's pushes: the world does not count them as changes by a client. */
export const ciAgent = 'woodpecker-plugin (regmedic drill)';

type AgentTarget = {
	registryUrl: string;
	credentials: BasicCredentials;
	/** The image of the incident, in which steps run. */
	runsIn: {repository: string; tag: string};
	/** What the pipelines build. */
	builds: {repository: string; tags: string[]};
	/** The images of the pipelines follow from it. */
	seed: string;
	view(): View;
};

type Agent = {
	/** A pipeline changed: its next task may be due earlier. */
	wake(): void;
	stop(): Promise<void>;
};

const retryMs = 300;

/** Carries out the pulls and pushes of the pipelines, one after the other, and sleeps until the next is due. */
export function startAgent(store: PipelineStore, target: AgentTarget): Agent {
	const stopping = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	let working: Promise<void> | undefined;

	function wake(): void {
		clearTimeout(timer);
		if (working !== undefined || stopping.signal.aborted) {
			return;
		}

		const next = nextTask(store, target.view());
		if (next === undefined) {
			return;
		}

		const wait = next.due - Date.now();
		if (wait > 0) {
			timer = setTimeout(wake, wait);
			return;
		}

		working = carryOut(next, store, target, stopping.signal)
			// The registry does not respond, or the world is being closed: the task stays due.
			.catch(() => retryMs)
			.then(pauseMs => {
				working = undefined;
				if (pauseMs === undefined) {
					wake();
				} else if (!stopping.signal.aborted) {
					timer = setTimeout(wake, pauseMs);
				}
			});
	}

	wake();
	return {
		wake,
		async stop() {
			stopping.abort();
			clearTimeout(timer);
			await working;
		},
	};
}

type Task = PendingTask & {pipeline: StoredPipeline; step: StoredStep};

/** Only the first open step of a live pipeline has a task. */
function nextTask(store: PipelineStore, view: View): Task | undefined {
	return store
		.pipelines()
		.filter(pipeline => isLive(progressOf(pipeline, view).status))
		.flatMap(pipeline => {
			const step = pipeline.steps.find(each => pendingTask(each) !== undefined);
			return step === undefined ? [] : [{pipeline, step, ...pendingTask(step)!}];
		})
		.sort((a, b) => a.due - b.due)[0];
}

async function carryOut(
	{pipeline, step, kind}: Task,
	store: PipelineStore,
	target: AgentTarget,
	signal: AbortSignal,
): Promise<undefined> {
	if (kind === 'pull') {
		step.image = (await canPull({...target, ...target.runsIn, signal})) ? 'pulled' : 'missing';
	} else {
		step.push = 'begun';
		await store.save();
		step.push = (await push(pipeline, target, signal)) ? 'done' : 'refused';
	}

	await store.save();
}

/** @returns false when the registry refused the push */
async function push({number}: StoredPipeline, target: AgentTarget, signal: AbortSignal): Promise<boolean> {
	const {builds, seed} = target;
	const image = buildImage({seed: `${seed} pipeline ${number}`});

	// An earlier process of this drill may have pushed it. The last tag is pushed last, so the rest of the image exists.
	const last = {...target, repository: builds.repository, tag: builds.tags.at(-1)!, signal};
	if ((await digestOfTag(last)) === image.index.digest) {
		return true;
	}

	try {
		await pushImage({...target, ...builds, image, agent: ciAgent, signal});
		return true;
	} catch (error) {
		if (error instanceof PushRefused) {
			return false;
		}

		throw error;
	}
}
