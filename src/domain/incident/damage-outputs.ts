import * as v from 'valibot';
import {isObject, type Json, type JsonObject} from '../json.ts';
import type {CopyBackOutlook} from '../remedy/copy-back.ts';
import {comparison, damagedImage, digest, hold, verdict} from './schemas.ts';

/** All damage of a registry, and the rows of its plan. */
export const scopeOutput = v.object({
	/** The rows of a plan step. */
	rows: v.array(v.custom<JsonObject>(row => isObject(row as Json))),
	images: v.array(damagedImage),
	/** Those of the images that the one restart of the registry repairs. */
	byRestart: v.array(v.string()),
	complete: v.boolean(),
	gaps: v.array(v.string()),
	/** Why the storage itself is the incident. */
	trouble: v.exactOptional(v.string()),
	/** What uses the damaged images, in words. */
	impact: v.exactOptional(v.string()),
	/** By when the damage had begun, ISO 8601. */
	began: v.exactOptional(v.string()),
	hold: v.exactOptional(hold),
	/** A cleaner ran, or was to start, while the disk was read. */
	provisional: v.exactOptional(v.literal(true)),
});

/** Whether the sources hold what an image lacks. */
export const copyBackOutlook: v.GenericSchema<CopyBackOutlook> = v.object({
	possible: v.boolean(),
	why: v.string(),
	bytes: v.number(),
	top: v.exactOptional(digest),
	retag: v.exactOptional(v.array(v.string())),
	asides: v.exactOptional(v.array(digest)),
});

/** What the repair of all of it has come to. */
export const checkAllOutput = v.object({
	verdict,
	images: v.array(
		v.object({
			id: v.string(),
			title: v.string(),
			/** `removed`: it was removed as planned, or somebody else deleted it, and it is gone with its tags. */
			verdict: v.union([verdict, v.literal('removed')]),
			/** What was done about it; absent: it was left. */
			remedy: v.exactOptional(v.string()),
			/** Its plan put it off to the next one. */
			putOff: v.exactOptional(v.literal(true)),
			comparedToOriginal: v.exactOptional(v.nullable(comparison)),
			say: v.string(),
		}),
	),
	/** Damaged images that no plan knew: they were intact, or not seen. */
	fresh: v.array(v.object({id: v.string(), title: v.string(), say: v.string()})),
	gaps: v.array(v.string()),
	followUps: v.array(v.string()),
});
