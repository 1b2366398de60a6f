import {readFile} from 'node:fs/promises';
import {writeAtomically} from '../disk.ts';

/** What ci.json keeps of a pipeline. Times are milliseconds since 1970; what follows from them is never stored. */
export type StoredPipeline = {
	number: number;
	/** The pipeline that this one restarts; 0 for none. */
	parent: number;
	reruns: number;
	event: 'manual' | 'push';
	branch: string;
	commit: string;
	author: string;
	message: string;
	variables?: Record<string, string>;
	created: number;
	steps: StoredStep[];
	cancelled?: {at: number; by: string};
};

export type StoredStep = {
	name: string;
	kind: 'clone' | 'commands' | 'push';
	/** As planned: a step that waits for a pull or a push takes longer. */
	starts: number;
	ends: number;
	log: LogLine[];
	/** Its container is the image of the incident. */
	runsInImage?: boolean;
	/** Whether that image existed when the step began. */
	image?: 'pulled' | 'missing';
	/** Of a push step: `begun` is written before the first byte is sent. */
	push?: 'begun' | 'done' | 'refused';
};

export type LogLine = {at: number; text: string};

/** The pipelines of the CI. Every change is on the disk before a client learns of it. */
export type PipelineStore = {
	/** By number, oldest first. */
	pipelines(): readonly StoredPipeline[];
	find(number: number): StoredPipeline | undefined;
	/** @param make is given the number: one above the highest so far */
	add(make: (number: number) => StoredPipeline): Promise<StoredPipeline>;
	/** Writes what was changed in a pipeline. */
	save(): Promise<void>;
};

export async function createPipelineStore(file: string, pipelines: readonly StoredPipeline[]): Promise<void> {
	await writeAtomically(file, JSON.stringify(pipelines, null, '\t'));
}

export async function openPipelineStore(file: string): Promise<PipelineStore> {
	const pipelines = JSON.parse(await readFile(file, 'utf8')) as StoredPipeline[];
	let writing: Promise<void> = Promise.resolve();

	async function save(): Promise<void> {
		const text = JSON.stringify(pipelines, null, '\t');
		writing = writing.catch(() => {}).then(() => writeAtomically(file, text));
		await writing;
	}

	return {
		pipelines: () => pipelines,
		find: number => pipelines.find(pipeline => pipeline.number === number),
		async add(make) {
			const pipeline = make(Math.max(0, ...pipelines.map(({number}) => number)) + 1);
			pipelines.push(pipeline);
			await save();
			return pipeline;
		},
		save,
	};
}
