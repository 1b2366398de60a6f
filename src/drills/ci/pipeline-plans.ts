import type {LogLine, StoredStep} from './pipeline-store.ts';

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
export function planImageBuild(options: {
	created: number;
	speed: number;
	image: string;
	runsInImage: boolean;
}): StoredStep[] {
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
