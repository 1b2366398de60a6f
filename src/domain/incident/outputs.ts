import * as v from 'valibot';
import {cacheKinds} from '../audit/registries/descriptor-cache.ts';
import {defined} from '../defined.ts';
import type {ImageCheck} from '../image/verdict.ts';
import type {JsonObject} from '../json.ts';
import type {Scan} from '../storage/findings/finding.ts';
import type {HeldInMemory} from '../storage/held-in-memory.ts';
import type {Suspicion} from '../storage/memory-suspicion.ts';
import type {Restore} from '../storage/restore.ts';
import type {StaleMemory} from '../storage/stale-memory.ts';
import {checkAllOutput, copyBackOutlook, scopeOutput} from './damage-outputs.ts';
import type {PlannedItem} from './item.ts';
import type {PutOff} from './rows-now.ts';
import {
	comparedCheck,
	damagedImage,
	digest,
	finding,
	hazard,
	hold,
	imageCheck,
	inventoryEntry,
	nextStart,
	past,
	reference,
	sibling,
} from './schemas.ts';

const number = v.pipe(v.number(), v.integer());
const counts: v.GenericSchema<Scan['counts']> = v.object({
	repositories: number,
	tags: number,
	indexes: number,
	links: number,
	blobs: number,
});

const staleMemory: v.GenericSchema<StaleMemory> = v.variant('kind', [
	v.object({kind: v.literal('proven'), repository: v.string(), digest, detail: v.string()}),
	v.object({kind: v.literal('not-seen'), asked: number, of: number}),
]);

const suspicion: v.GenericSchema<Suspicion> = v.variant('kind', [
	v.object({kind: v.literal('older-process'), started: v.string(), lost: v.string()}),
	v.object({kind: v.literal('links-since'), started: v.exactOptional(v.string()), lost: v.string(), links: number}),
	v.object({kind: v.literal('unknown-age'), lost: v.string()}),
	v.object({kind: v.literal('restore'), started: v.string(), repositories: number}),
]);

const heldInMemory: v.GenericSchema<HeldInMemory> = v.object({
	repository: v.string(),
	tag: v.exactOptional(v.string()),
	digest,
});

const time = v.string();
const restore: v.GenericSchema<Restore> = v.variant('kind', [
	v.object({
		kind: v.literal('set-back'),
		tags: number,
		images: number,
		repositories: number,
		after: v.exactOptional(time),
		before: time,
	}),
	v.object({
		kind: v.literal('copied'),
		what: v.picklist(['links', 'data']),
		repositories: number,
		from: time,
		until: time,
	}),
]);

/** The output of each action: as JSON in the journal, and as the `Output` that the fold makes of it. */
const schemas = {
	'registry.verify': v.pipe(
		v.intersect([imageCheck, comparedCheck]),
		v.transform(({platforms, comparedToOriginal, ...check}) => ({
			kind: 'check' as const,
			check: check as ImageCheck,
			...defined({platforms, comparedToOriginal}),
		})),
	),
	'storage.scan': v.pipe(
		v.object({
			findings: v.array(finding),
			others: v.array(finding),
			/** The first of the siblings: journals and runbooks of version 0.1 have only that. */
			sibling: v.nullable(reference),
			siblings: v.optional(v.array(sibling), []),
			/** Damaged images that no tag names. */
			leftovers: v.optional(number, 0),
			/** This image as one of the damaged images, with all of its tags. */
			damaged: v.exactOptional(damagedImage),
			complete: v.boolean(),
			gaps: v.array(v.string()),
			counts,
			/** How the registry that responds differs from this disk, where it is another one. */
			another: v.exactOptional(v.string()),
			memory: v.exactOptional(staleMemory),
			cache: v.exactOptional(v.picklist(cacheKinds)),
			suspicion: v.exactOptional(suspicion),
			restore: v.exactOptional(restore),
			/** What the probes saw and the disk does not show any more. */
			inventory: v.exactOptional(past),
			/** What the tag has named, as the probes saw it, the one seen last first. */
			named: v.exactOptional(v.array(inventoryEntry)),
			held: v.exactOptional(v.array(heldInMemory)),
			hold: v.exactOptional(hold),
			/** Whether the sources hold what the disk has lost. */
			copyBack: v.exactOptional(copyBackOutlook),
			/** A cleaner ran, or was to start, while the disk was read. */
			provisional: v.exactOptional(v.literal(true)),
		}),
		v.transform(({sibling: first, ...scan}) => ({
			kind: 'scan' as const,
			...scan,
			...defined({sibling: first ?? undefined}),
		})),
	),
	'registry.scope': tagged('scope', scopeOutput),
	'registry.verify-planned': tagged('check-all', checkAllOutput),
	'registry.verify-all': tagged('check-all', checkAllOutput),
	'storage.move-aside': tagged('aside', v.object({to: v.string()})),
	'registry.relink': tagged('relink', v.object({relinked: v.array(v.string())})),
	'registry.copy-back': tagged('copy-back', v.object({stored: v.array(v.string())})),
	'registry.remove': tagged('removal', v.object({removed: v.array(v.string())})),
	'registry.repoint': tagged('repoint', v.object({digest, before: v.nullable(digest)})),
	'ci.build': v.pipe(
		v.object({
			number,
			url: v.nullish(v.string()),
			commit: v.exactOptional(v.string()),
			branch: v.exactOptional(v.string()),
		}),
		v.transform(({url, ...pipeline}) => ({
			kind: 'pipeline' as const,
			...pipeline,
			...defined({url: url ?? undefined}),
		})),
	),
	'builder.build': tagged(
		'build',
		v.object({
			digest: v.nullable(digest),
			bases: v.exactOptional(v.array(v.object({name: v.string(), digest}))),
		}),
	),
	'ci.failed': tagged(
		'failed-pipelines',
		v.object({
			pipelines: v.array(
				v.object({
					number,
					title: v.string(),
					status: v.string(),
					created: v.string(),
					branch: v.string(),
					repository: v.exactOptional(v.string()),
					/** `push to main` */
					event: v.exactOptional(v.string()),
					cause: v.exactOptional(v.string()),
					/** Whether it is ticked unless a person says otherwise. */
					tick: v.exactOptional(v.boolean()),
				}),
			),
		}),
	),
	'ci.restart': tagged(
		'restarted-pipelines',
		v.object({
			restarted: v.array(
				v.object({
					number,
					as: number,
					repository: v.exactOptional(v.string()),
					/** How it ended, in a sentence; null: it still ran. */
					result: v.exactOptional(v.nullable(v.string())),
				}),
			),
		}),
	),
	'storage.hold': tagged('hold', v.object({hold, next: v.nullable(nextStart)})),
	'storage.suspend': tagged('suspension', v.object({suspended: v.string(), undo: v.string()})),
	'registry.audit': tagged('audit', v.object({risks: v.array(hazard)})),
	'follow-up.orphans': tagged('follow-ups', v.object({followUps: v.array(v.string())})),
};

type ActionWithOutput = keyof typeof schemas;

/** The actions whose output is a check of what was damaged. */
const checks = ['registry.verify', 'registry.verify-planned', 'registry.verify-all'] satisfies ActionWithOutput[];
export const verifications: ReadonlySet<string> = new Set(checks);

/** The output of an action as JSON, which `${steps.NAME.…}` in a runbook reads. */
export type OutputValues<Name extends string> = Name extends ActionWithOutput
	? v.InferInput<(typeof schemas)[Name]>
	: Record<string, never>;

/** The output of a finished step. `none`: it has no values. `unreadable`: values that this version cannot parse. */
export type Output =
	| v.InferOutput<(typeof schemas)[ActionWithOutput]>
	| {kind: 'decision'; option: string}
	| {kind: 'answers'; answers: JsonObject}
	| {kind: 'plan'; items: PlannedItem[]; putOff?: PutOff[]}
	| {kind: 'applied'; done: number; of: number}
	| {kind: 'none'}
	| {kind: 'unreadable'; values: JsonObject};

export type OutputOf<Kind extends Output['kind']> = Extract<Output, {kind: Kind}>;

export type ScanOutput = OutputOf<'scan'>;

/** Parses the output of an action. A dry run and an outcome without values have none, or nulls. */
export function parseOutput(action: string, values: JsonObject): Output {
	if (Object.values(values).every(value => value === null)) {
		return {kind: 'none'};
	}

	const known: Record<string, v.GenericSchema<unknown, Output>> = schemas;
	const parsed = Object.hasOwn(known, action) ? v.safeParse(known[action]!, values) : undefined;
	return parsed?.success ? parsed.output : {kind: 'unreadable', values};
}

function tagged<const Kind extends string, Schema extends v.GenericSchema<unknown, object>>(
	kind: Kind,
	schema: Schema,
) {
	return v.pipe(
		schema,
		v.transform((values: v.InferOutput<Schema>): {kind: Kind} & v.InferOutput<Schema> => ({kind, ...values})),
	);
}
