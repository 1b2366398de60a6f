import {commitOf} from '../programs/git.ts';
import {type CiAnswer, empty, json, text} from './answers.ts';
import type {Ledger} from './ledger.ts';
import {pipelinePayload, userPayload} from './payload.ts';
import type {StoredPipeline} from './pipeline.ts';
import {isLive, progressOf} from './progress.ts';
import {planImageBuild, planOrdinary} from './timeline.ts';

/** On `docs` no workflow matches the event manual. */
export const branches = ['main', 'release', 'docs'];
const branchWithoutWorkflow = 'docs';

export type CiChanges = {
	create(body: string): Promise<CiAnswer>;
	restart(number: number, query: URLSearchParams): Promise<CiAnswer>;
	cancel(number: number): Promise<CiAnswer>;
};

/** @see woodpecker v3.17.0 server/api/pipeline.go and server/pipeline/{create,restart,cancel}.go */
export function createChanges(options: {
	ledger: Ledger;
	seed: string;
	speed: number;
	/** Whole reference. */
	image: string;
	runsInImage: boolean;
	changed(): void;
}): CiChanges {
	const {ledger, seed, speed, image, runsInImage, changed} = options;

	function answerWith(pipeline: StoredPipeline): CiAnswer {
		changed();
		return json(pipelinePayload(pipeline, Date.now(), {withWorkflows: true}));
	}

	return {
		async create(body) {
			const order = readOrder(body);
			if (order === undefined) {
				return empty(400);
			}

			const {branch, variables} = order;
			if (!branches.includes(branch)) {
				// The forge has no head for it; the server says no more than that.
				return empty(500);
			}

			if (branch === branchWithoutWorkflow) {
				return empty(204, {'Pipeline-Filtered': 'true'});
			}

			const created = Date.now();
			const pipeline = await ledger.add(number => ({
				number,
				parent: 0,
				reruns: 0,
				event: 'manual',
				branch,
				commit: commitOf(seed, branch),
				author: userPayload.login,
				message: `MANUAL PIPELINE @ ${branch}`,
				variables,
				created,
				steps: planImageBuild({created, speed, image, runsInImage}),
			}));
			return answerWith(pipeline);
		},

		async restart(number, query) {
			const old = ledger.find(number);
			if (old === undefined) {
				return empty(404);
			}

			const event = query.get('event');
			if (event !== null) {
				return empty(event === 'deployment' ? 403 : 400);
			}

			const created = Date.now();
			const isBuild = old.steps.some(({kind}) => kind === 'push');
			const pipeline = await ledger.add(next => ({
				...old,
				number: next,
				parent: number,
				reruns: old.reruns + 1,
				created,
				steps: isBuild ? planImageBuild({created, speed, image, runsInImage}) : planOrdinary({created, speed}),
			}));
			// The server copies cancel_info; the run itself is not cancelled, so the stand-in leaves it out.
			delete pipeline.cancelled;
			await ledger.save();
			return answerWith(pipeline);
		},

		async cancel(number) {
			const pipeline = ledger.find(number);
			if (pipeline === undefined) {
				return empty(404);
			}

			if (!isLive(progressOf(pipeline, Date.now()).status)) {
				return text(400, 'Cannot cancel a non-running or non-pending or non-blocked pipeline');
			}

			pipeline.cancelled = {at: Date.now(), by: userPayload.login};
			await ledger.save();
			changed();
			return empty(204);
		},
	};
}

/** Undefined: not JSON, or a variable that is not text. */
function readOrder(body: string): {branch: string; variables: Record<string, string>} | undefined {
	try {
		const {branch = '', variables = {}} = JSON.parse(body) as {branch?: unknown; variables?: Record<string, unknown>};
		const isText = typeof branch === 'string' && Object.values(variables).every(value => typeof value === 'string');
		return isText ? {branch, variables: variables as Record<string, string>} : undefined;
	} catch {
		return undefined;
	}
}
