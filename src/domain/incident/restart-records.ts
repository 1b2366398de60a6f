import * as v from 'valibot';
import type {JsonObject} from '../json.ts';

/** What a visit has recorded of the pipelines it restarts. `as`: the number of the new pipeline. */
export type RestartRecords = {
	requested: {number: number}[];
	restarted: {number: number; as: number}[];
	rejected: {number: number; detail: string}[];
};

const requested = v.object({number: v.number()});
const restarted = v.object({number: v.number(), as: v.number()});
const rejected = v.object({number: v.number(), detail: v.string()});

/** Reads the progress of a visit to `ci.restart`, also from before a crash. */
export function readRestarts(recorded: readonly {name: string; detail: JsonObject}[]): RestartRecords {
	const read = <Detail>(wanted: string, schema: v.GenericSchema<unknown, Detail>) =>
		recorded.filter(({name}) => name === wanted).map(({detail}) => v.parse(schema, detail));
	return {
		requested: read('restarting', requested),
		restarted: read('restarted', restarted),
		rejected: read('not-restarted', rejected),
	};
}
