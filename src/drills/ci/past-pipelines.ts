import {commitOf, commitSeed} from '../programs/git.ts';
import type {ScenarioBuild} from '../scenarios/scenario.ts';
import {planImageBuild, planOrdinary} from './pipeline-plans.ts';
import type {StoredPipeline} from './pipeline-store.ts';

type PastOf = {
	/** Of the image that the pipelines build. */
	repository: string;
	pipeline: ScenarioBuild['pipeline'];
	seed: string;
	/** The moment when the drill begins, milliseconds since 1970. */
	now: number;
	speed: number;
};

/** The pipelines of one repository before the drill began. */
export function pastPipelines(past: PastOf): StoredPipeline[] {
	return past.pipeline.history === 'pushes-failing' ? failingPushes(past) : builds(past);
}

const titles = [
	'Raise the memory limit of the ingress',
	'Add the staging bucket',
	'Rotate the mirror credentials',
	'Pin the provider versions',
	'Move the runner pool to the new subnet',
	'Drop the unused peering',
	'Label the spot nodes',
];

/** Of pushes, newest last, over and over: most go to `main`. */
const pushedTo = ['main', 'ingress-memory', 'main', 'staging-bucket', 'main'];

/** Pipelines 360 to 365 succeeded; since the image broke, 366 to 376 failed. */
const firstPast = 360;
const firstFailed = 366;
const lastPast = 376;
/** A deployment failed, too. A restart of it would deploy again: nobody restarts it in passing. */
const deployment = 373;
const deployed: Pick<StoredPipeline, 'event' | 'branch' | 'ref' | 'deployTo'> = {
	event: 'deployment',
	branch: '',
	ref: 'refs/tags/v1.4.0',
	deployTo: 'production',
};

const minuteMs = 60_000;

/** The first failure is 135 minutes old, as in the incident. */
function failingPushes({seed, now}: PastOf): StoredPipeline[] {
	return Array.from({length: lastPast - firstPast + 1}, (_, n) => {
		const number = firstPast + n;
		const failed = number >= firstFailed;
		const minutesAgo = failed ? 135 - (number - firstFailed) * 12 : 135 + (firstFailed - number) * 47;
		const created = now - minutesAgo * minuteMs;
		return {
			number,
			parent: 0,
			reruns: 0,
			...(number === deployment ? deployed : {event: 'push', branch: pushedTo[number % pushedTo.length]!}),
			commit: commitOf(seed, `push ${number}`),
			author: ['mira', 'jonas', 'ada'][number % 3]!,
			message: titles[number % titles.length]!,
			created,
			steps: planOrdinary({created, speed: 0.2}).map(step =>
				step.runsInImage ? {...step, image: failed ? 'missing' : 'pulled'} : step,
			),
		};
	});
}

const firstBuild = 1204;
const hourMs = 60 * minuteMs;
/** A colleague's build takes 15 times as long as others: a minute and a half, so that it is met while it runs. */
const slowness = 15;

/** Three builds of the image that succeeded, a day apart, and the one of today: it failed, or a colleague started it just now. */
function builds({repository, pipeline, seed, now, speed}: PastOf): StoredPipeline[] {
	const {name, pushes, runsIn, history} = pipeline;
	const image = `${repository}:${pushes[0]}`;
	const runsInImage = runsIn.length > 0;
	const build = (number: number, created: number, {author, pace}: {author: string; pace: number}): StoredPipeline => ({
		number,
		parent: 0,
		reruns: 0,
		event: 'manual',
		branch: 'main',
		commit: commitOf(commitSeed(seed, name), 'main'),
		author,
		message: 'MANUAL PIPELINE @ main',
		created,
		steps: planImageBuild({created, speed: pace, image, runsInImage}),
	});
	const earlier = [3, 2, 1].map((daysAgo, n) => {
		const past = build(firstBuild + n, now - daysAgo * 24 * hourMs, {author: 'mira', pace: 0.2});
		const steps = past.steps.map(step => ({
			...step,
			...(step.runsInImage && {image: 'pulled' as const}),
			...(step.kind === 'push' && {push: 'done' as const}),
		}));
		return {...past, steps};
	});
	const last = firstBuild + earlier.length;
	if (history === 'running') {
		return [...earlier, build(last, now, {author: 'anna', pace: speed / slowness})];
	}

	const failed = build(last, now - 2 * hourMs, {author: 'jonas', pace: 0.2});
	const steps = failed.steps.map(step => (step.runsInImage ? {...step, image: 'missing' as const} : step));
	return [...earlier, {...failed, steps}];
}
