import {commitOf} from '../programs/git.ts';
import type {StoredPipeline} from './pipeline.ts';
import {planOrdinary} from './timeline.ts';

const titles = [
	'Raise the memory limit of the ingress',
	'Add the staging bucket',
	'Rotate the mirror credentials',
	'Pin the provider versions',
	'Move the runner pool to the new subnet',
	'Drop the unused peering',
	'Label the spot nodes',
];

/** 360 to 365 went through; since the image broke, 366 to 376 all ended with 126. */
const first = 360;
const firstFailed = 366;
const last = 376;

const minuteMs = 60_000;

/** @param now the moment the drill begins; the first failure is 135 minutes old, as in the incident */
export function pastPipelines(seed: string, now: number): StoredPipeline[] {
	return Array.from({length: last - first + 1}, (_, n) => {
		const number = first + n;
		const failed = number >= firstFailed;
		const minutesAgo = failed ? 135 - (number - firstFailed) * 12 : 135 + (firstFailed - number) * 47;
		const created = now - minutesAgo * minuteMs;
		return {
			number,
			parent: 0,
			reruns: 0,
			event: 'push',
			branch: 'main',
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
