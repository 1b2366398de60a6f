import type {Ledger} from './ledger.ts';
import type {StoredPipeline, StoredStep} from './pipeline.ts';
import {awaits, isLive, progressOf} from './progress.ts';

/** What a build agent does to the world outside. */
export type AgentDuties = {
	/** Whether the image of the incident can be pulled right now. */
	canPull(signal: AbortSignal): Promise<boolean>;
	/** Pushes the pipeline's image unless it is there already. False: the registry refused. */
	push(pipeline: StoredPipeline, signal: AbortSignal): Promise<boolean>;
};

export type Agent = {
	/** Something changed: look again at what is due. */
	wake(): void;
	stop(): Promise<void>;
};

const retryMs = 300;

/** Carries out what is due, one after the other, and sleeps until the next is. */
export function startAgent(ledger: Ledger, duties: AgentDuties): Agent {
	const stopping = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	let working: Promise<void> | undefined;

	function wake(): void {
		clearTimeout(timer);
		if (working !== undefined || stopping.signal.aborted) {
			return;
		}

		const next = nextDuty(ledger, Date.now());
		if (next === undefined) {
			return;
		}

		const wait = next.due - Date.now();
		if (wait > 0) {
			timer = setTimeout(wake, wait);
			return;
		}

		working = carryOut(next, duties, ledger, stopping.signal)
			// The registry does not answer, or everything is being closed: it stays due.
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

type Duty = {pipeline: StoredPipeline; step: StoredStep; what: 'pull' | 'push'; due: number};

/** Only the first open step of a live pipeline waits for something. */
function nextDuty(ledger: Ledger, now: number): Duty | undefined {
	return ledger
		.pipelines()
		.filter(pipeline => isLive(progressOf(pipeline, now).status))
		.flatMap(pipeline => {
			const step = pipeline.steps.find(step => awaits(step) !== undefined);
			return step === undefined ? [] : [{pipeline, step, ...awaits(step)!}];
		})
		.sort((a, b) => a.due - b.due)[0];
}

async function carryOut(
	{pipeline, step, what}: Duty,
	duties: AgentDuties,
	ledger: Ledger,
	signal: AbortSignal,
): Promise<undefined> {
	if (what === 'pull') {
		step.image = (await duties.canPull(signal)) ? 'pulled' : 'missing';
	} else {
		step.push = 'begun';
		await ledger.save();
		step.push = (await duties.push(pipeline, signal)) ? 'done' : 'refused';
	}

	await ledger.save();
}
