import {commitOf, commitSeed} from '../programs/git.ts';
import {planImageBuild, planOrdinary} from './pipeline-plans.ts';
import type {PipelineStore} from './pipeline-store.ts';
import type {CiPlace} from './place.ts';

/** On `docs` no workflow matches the event manual. */
const branches = ['main', 'release', 'docs'];
const branchWithoutWorkflow = 'docs';
/** How often an agent sends its log, and looks whether its pipeline was cancelled. */
const agentMs = 1_000;
const firstId = 42;
/** Whoever leads the drill. */
export const oncall = 'oncall';

type DrillRepository = {
	/** `acme/NAME` */
	name: string;
	store: PipelineStore;
	/** What its pipelines push: the whole reference of one tag. */
	pushes: string;
	/** Its pipelines run in the image of the incident. */
	runsInImage: boolean;
};

/** The CI of a drill: a Woodpecker 3.17 server with public repositories, each of whose pipelines builds an image. */
export function drillPlace(options: {
	token: string;
	repositories: readonly DrillRepository[];
	seed: string;
	speed: number;
	/** The image of the incident, a whole reference. */
	image: string;
	changed(): void;
}): CiPlace {
	const {token, repositories, seed, speed, image, changed} = options;
	return {
		dialect: '3.17.0',
		version: '3.17.0',
		image,
		lagMs: agentMs / speed,
		now: Date.now,
		users: new Map([[token, {id: 3, login: oncall}]]),
		queue: {paused: false},
		changed,
		repositories: repositories.map(({name, store, pushes, runsInImage}, n) => {
			const build = (created: number) => planImageBuild({created, speed, image: pushes, runsInImage});
			return {
				id: firstId + n,
				name,
				store,
				pushers: [oncall],
				branches,
				commit: branch => commitOf(commitSeed(seed, name), branch),
				plan: ({branch, created}) =>
					branch === branchWithoutWorkflow ? {kind: 'filtered'} : {kind: 'runs', steps: build(created)},
				replan: ({steps}, created) =>
					steps.some(({kind}) => kind === 'push') ? build(created) : planOrdinary({created, speed}),
			};
		}),
	};
}
