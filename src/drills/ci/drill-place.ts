import {commitOf} from '../programs/git.ts';
import {planImageBuild, planOrdinary} from './pipeline-plans.ts';
import type {PipelineStore} from './pipeline-store.ts';
import type {CiPlace} from './place.ts';

/** On `docs` no workflow matches the event manual. */
const branches = ['main', 'release', 'docs'];
const branchWithoutWorkflow = 'docs';
/** How often an agent sends its log, and looks whether its pipeline was cancelled. */
const agentMs = 1_000;

/** The CI of a drill: a Woodpecker 3.17 server with one public repository, whose pipeline builds the image of the incident. */
export function drillPlace(options: {
	token: string;
	store: PipelineStore;
	seed: string;
	speed: number;
	/** Whole reference. */
	image: string;
	runsInImage: boolean;
	changed(): void;
}): CiPlace {
	const {token, store, seed, speed, image, runsInImage, changed} = options;
	return {
		dialect: '3.17.0',
		version: '3.17.0',
		image,
		lagMs: agentMs / speed,
		now: Date.now,
		users: new Map([[token, {id: 3, login: 'oncall'}]]),
		queue: {paused: false},
		changed,
		repositories: [
			{
				id: 42,
				name: 'infra',
				store,
				pushers: ['oncall'],
				branches,
				commit: branch => commitOf(seed, branch),
				plan: ({branch, created}) =>
					branch === branchWithoutWorkflow
						? {kind: 'filtered'}
						: {kind: 'runs', steps: planImageBuild({created, speed, image, runsInImage})},
				replan: ({steps}, created) =>
					steps.some(({kind}) => kind === 'push')
						? planImageBuild({created, speed, image, runsInImage})
						: planOrdinary({created, speed}),
			},
		],
	};
}
