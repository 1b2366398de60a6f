import {readFile} from 'node:fs/promises';
import {writeAtomically} from '../atomic-file.ts';
import type {StoredPipeline} from './pipeline.ts';

/** The pipelines on the disk: every change is there before anybody hears of it. */
export type Ledger = {
	/** By number, oldest first. */
	pipelines(): readonly StoredPipeline[];
	find(number: number): StoredPipeline | undefined;
	/** @param make is given the number: the highest so far and one */
	add(make: (number: number) => StoredPipeline): Promise<StoredPipeline>;
	save(): Promise<void>;
};

export async function openLedger(file: string): Promise<Ledger> {
	const pipelines = JSON.parse(await readFile(file, 'utf8')) as StoredPipeline[];
	let writing: Promise<void> = Promise.resolve();

	const ledger: Ledger = {
		pipelines: () => pipelines,
		find: number => pipelines.find(pipeline => pipeline.number === number),
		async add(make) {
			const pipeline = make(Math.max(0, ...pipelines.map(({number}) => number)) + 1);
			pipelines.push(pipeline);
			await ledger.save();
			return pipeline;
		},
		async save() {
			const text = JSON.stringify(pipelines, null, '\t');
			writing = writing.catch(() => {}).then(() => writeAtomically(file, text));
			await writing;
		},
	};
	return ledger;
}

export async function createLedger(file: string, pipelines: StoredPipeline[]): Promise<void> {
	await writeAtomically(file, JSON.stringify(pipelines, null, '\t'));
}
