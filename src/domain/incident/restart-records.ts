import * as v from 'valibot';
import type {JsonObject} from '../json.ts';

type Numbered = {repository: string; number: number};

/** The progress of a visit that restarts pipelines. `as`: the number of the new pipeline. */
export type RestartRecords = {
	requested: Numbered[];
	restarted: (Numbered & {as: number})[];
	rejected: (Numbered & {detail: string; hint: string})[];
};

/**
 * Reads what `ci.restart` has recorded, also before a crash.
 * @param repository of records of version 0.1, which name none
 */
export function readRestarts(
	recorded: readonly {name: string; detail: JsonObject}[],
	repository: string,
): RestartRecords {
	const read = <Detail>(wanted: string, schema: v.GenericSchema<unknown, Detail>) =>
		recorded.filter(({name}) => name === wanted).map(({detail}) => v.parse(schema, detail));
	const numbered = {number: v.number(), repository: v.optional(v.string(), repository)};
	return {
		requested: read('restarting', v.object(numbered)),
		restarted: read('restarted', v.object({...numbered, as: v.number()})),
		// Version 0.1 kept no hint.
		rejected: read('not-restarted', v.object({...numbered, detail: v.string(), hint: v.optional(v.string(), '')})),
	};
}
