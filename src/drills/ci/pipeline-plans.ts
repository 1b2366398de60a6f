import {commitOf} from '../programs/git.ts';
import type {LogLine, StoredPipeline, StoredStep} from './pipeline-store.ts';

type PlannedStep = Pick<StoredStep, 'name' | 'kind' | 'runsInImage'> & {
	milliseconds: number;
	lines: string[];
};

const clone: PlannedStep = {
	name: 'clone',
	kind: 'clone',
	milliseconds: 700,
	lines: ['+ git init', '+ git fetch --depth=1 origin main', '+ git reset --hard FETCH_HEAD'],
};

/** How long a pipeline waits for an agent. */
const queueMs = 600;

/**
 * A pipeline that builds and pushes the image, in about six seconds.
 * @param options.image whole reference
 * @param options.runsInImage its own steps run in the image that it builds
 */
export function planImageBuild(options: {created: number; speed: number; image: string; runsInImage: boolean}) {
	const {image, runsInImage} = options;
	const inImage = runsInImage ? {runsInImage} : {};
	return plan(options, [
		clone,
		{
			name: 'build',
			kind: 'commands',
			...inImage,
			milliseconds: 2600,
			lines: [
				`+ docker build -t ${image} ci`,
				'#1 [internal] load build definition from Dockerfile',
				'#2 [1/3] FROM debian:12-slim',
				'#3 [2/3] RUN apt-get update && apt-get install -y --no-install-recommends git jq make',
				'#4 [3/3] COPY entrypoint.sh /',
				'#5 exporting to image',
			],
		},
		{
			name: 'push',
			kind: 'push',
			...inImage,
			milliseconds: 1200,
			lines: [`+ docker push ${image}`, `The push refers to repository [${image.replace(/:[^:]*$/, '')}]`],
		},
		{
			name: 'verify',
			kind: 'commands',
			...inImage,
			milliseconds: 900,
			lines: ['index: 200', 'linux/amd64: 200', 'linux/arm64: 200', 'every config and layer answers'],
		},
	]);
}

/** The pipeline of every push: its steps run in the image. */
export function planOrdinary(options: {created: number; speed: number}): StoredStep[] {
	return plan(options, [
		clone,
		{
			name: 'lint',
			kind: 'commands',
			runsInImage: true,
			milliseconds: 700,
			lines: ['+ make lint', 'no findings'],
		},
		{name: 'plan', kind: 'commands', runsInImage: true, milliseconds: 600, lines: ['+ make plan', 'No changes.']},
	]);
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

/**
 * The pipelines before the drill began. The first failure is 135 minutes old, as in the incident.
 * @param now the moment the drill begins, milliseconds since 1970
 */
export function pastPipelines(seed: string, now: number): StoredPipeline[] {
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

function plan({created, speed}: {created: number; speed: number}, steps: PlannedStep[]): StoredStep[] {
	let at = created + queueMs / speed;

	return steps.map(({milliseconds, lines, ...step}) => {
		const starts = at;
		const ends = starts + milliseconds / speed;
		at = ends;
		return {...step, starts, ends, log: spread(lines, starts, ends)};
	});
}

function spread(lines: string[], starts: number, ends: number): LogLine[] {
	return lines.map((text, n) => ({at: starts + ((ends - starts) * n) / lines.length, text}));
}
