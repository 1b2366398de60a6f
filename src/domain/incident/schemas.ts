import * as v from 'valibot';
import {type Hazard, type HazardKind, severities} from '../audit/hazard.ts';
import type {DamagedImage} from '../damage/damaged-image.ts';
import {defined} from '../defined.ts';
import type {ReasonCode} from '../error-codes.ts';
import {asOperatorError} from '../errors.ts';
import {cleanerKinds} from '../hold/cleaner-kind.ts';
import type {Hold} from '../hold/hold.ts';
import type {NextStart} from '../hold/next-starts.ts';
import type {RunningCleaner} from '../hold/running.ts';
import type {Suspension} from '../hold/suspension.ts';
import {type Digest, isDigest} from '../image/digest.ts';
import {type Fault, faultKinds} from '../image/fault.ts';
import {type ImageReference, parseReference} from '../image/reference.ts';
import type {ChildCheck, ImageCheck, Unchecked, Verdict} from '../image/verdict.ts';
import type {InventoryEntry} from '../inventory/inventory.ts';
import type {Past, UnusablePast} from '../inventory/past.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';
import {remedyKinds} from '../remedy/remedy.ts';
import type {Sibling} from '../remedy/siblings.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {obstacleKinds} from '../storage/listing/obstacles.ts';
import type {UnlinkedImage} from '../storage/unlinked/unlinked-image.ts';
import type {RelinkPart, RelinkPlan} from '../storage/walk/relink-plan.ts';

/** The JSON shapes that the inputs and the outputs of several actions share. Each is checked against the type it stands for. */

export const digest = v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a digest');

/** A reference is a text in the journal and an `ImageReference` everywhere else. */
export const reference: v.GenericSchema<string, ImageReference> = v.pipe(
	v.string('is not a reference'),
	v.rawTransform(({dataset, addIssue, NEVER}) => {
		try {
			return parseReference(dataset.value);
		} catch (error) {
			addIssue({message: asOperatorError(error).message});
			return NEVER;
		}
	}),
);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const optionalText = v.exactOptional(v.string());

export const verdict: v.GenericSchema<Verdict> = v.picklist(['intact', 'broken', 'unknown']);

const fault: v.GenericSchema<Fault> = v.object({
	kind: v.picklist(faultKinds),
	digest: v.exactOptional(digest),
	via: v.array(digest),
	platform: optionalText,
	status: v.exactOptional(v.number()),
	detail: v.string(),
});

const unchecked: v.GenericSchema<Unchecked> = v.object({
	digest: v.exactOptional(digest),
	via: v.array(digest),
	platform: optionalText,
	// A later version may know more codes; a code is only shown and compared.
	code: v.custom<ReasonCode>(value => typeof value === 'string', 'is not a code'),
	message: v.string(),
	hint: v.string(),
});

const child: v.GenericSchema<ChildCheck> = v.object({
	digest,
	platform: optionalText,
	verdict,
	status: v.exactOptional(v.number()),
	blobs: count,
	absent: v.exactOptional(v.literal(true)),
	detail: v.string(),
});

/** In a journal `digest` is null where the tag names nothing. */
export const imageCheck = v.pipe(
	v.object({
		reference: v.string(),
		digest: v.nullish(digest),
		mediaType: optionalText,
		verdict,
		checked: v.object({manifests: count, blobs: count, sizeOnly: v.exactOptional(count)}),
		faults: v.array(fault),
		unchecked: v.array(unchecked),
		notMeant: v.exactOptional(v.array(v.string())),
		children: v.array(child),
	}),
	v.transform(({digest: named, ...check}): ImageCheck => ({...defined({digest: named ?? undefined}), ...check})),
);

export const comparison: v.GenericSchema<Comparison> = v.object({
	same: v.boolean(),
	platforms: v.object({lost: v.array(v.string()), new: v.array(v.string())}),
	mediaType: v.boolean(),
	tags: v.object({lost: v.array(v.string()), moved: v.array(v.string())}),
});

/** What a check of this incident says beside that of any image. `comparedToOriginal` null: it could not be compared. */
export const comparedCheck = v.object({
	/** Absent: not all of them are known. */
	platforms: v.exactOptional(v.array(v.string())),
	comparedToOriginal: v.exactOptional(v.nullable(comparison)),
});

const relinkPart: v.GenericSchema<RelinkPart> = v.object({
	digest,
	role: v.picklist(['manifest', 'config', 'layer']),
	where: v.picklist(['linked', 'elsewhere', 'disk', 'gone', 'damaged', 'unread']),
	from: optionalText,
	size: v.exactOptional(count),
});

const relinkPlan: v.GenericSchema<RelinkPlan> = v.object({
	complete: v.boolean(),
	parts: v.array(relinkPart),
	retag: v.exactOptional(v.array(v.string())),
	caveats: v.exactOptional(v.array(v.string())),
});

const time = v.string();
const seenTag = {repository: v.string(), tag: v.string(), digest, lastSeen: time};

export const inventoryEntry: v.GenericSchema<InventoryEntry> = v.object({...seenTag, firstSeen: time});

const pastOfDisk: v.GenericSchema<Past> = v.object({
	file: v.string(),
	registry: v.string(),
	lastSeen: optionalText,
	repositories: v.array(v.object({repository: v.string(), lastSeen: time, tags: v.array(v.object(seenTag))})),
	tags: v.array(v.object(seenTag)),
	movedBack: v.array(v.object({...seenTag, now: digest})),
	dangling: v.array(v.object(seenTag)),
	older: count,
	unread: count,
	sharesNothing: v.exactOptional(v.literal(true)),
	isTorn: v.exactOptional(v.literal(true)),
});

export const past: v.GenericSchema<Past | UnusablePast> = v.union([
	v.object({file: v.string(), problem: v.string()}),
	pastOfDisk,
]);

const unlinkedImage: v.GenericSchema<UnlinkedImage> = v.object({
	form: v.picklist(['index', 'image', 'artifact']),
	type: optionalText,
	platforms: v.array(v.string()),
	built: optionalText,
	stored: optionalText,
	bytes: count,
});

export const finding: v.GenericSchema<Finding> = v.object({
	kind: v.picklist(faultKinds),
	repository: v.string(),
	digest: v.exactOptional(digest),
	tags: v.array(v.string()),
	via: v.array(digest),
	platform: optionalText,
	missing: v.array(digest),
	remedy: v.picklist(remedyKinds),
	since: optionalText,
	detail: v.string(),
	plan: v.exactOptional(relinkPlan),
	aside: v.exactOptional(v.array(v.object({path: v.string(), is: v.picklist([...obstacleKinds, 'damaged-data'])}))),
	history: v.exactOptional(v.array(v.object({tag: v.string(), digest, named: optionalText}))),
	is: v.exactOptional(unlinkedImage),
	asked: v.exactOptional(v.literal(true)),
});

/** With its `reference`, and as an option of a list: `key`, `title` and `status`. */
export const sibling: v.GenericSchema<SiblingOption> = v.object({
	reference: v.string(),
	key: v.string(),
	title: v.string(),
	status: v.string(),
	tags: v.array(v.string()),
	wasNamed: v.boolean(),
	named: optionalText,
	digest,
	platforms: v.array(v.string()),
	built: optionalText,
	tagged: optionalText,
	age: v.picklist(['older', 'newer', 'unknown']),
	ageBy: v.exactOptional(v.picklist(['built', 'tagged'])),
});

export type SiblingOption = Sibling & {reference: string; key: string; title: string; status: string};

export const damagedImage: v.GenericSchema<DamagedImage> = v.object({
	id: v.string(),
	repository: v.string(),
	digest: v.exactOptional(digest),
	tags: v.array(v.string()),
	platforms: v.object({whole: v.array(v.string()), lost: v.array(v.string())}),
	findings: v.array(v.picklist(faultKinds)),
	since: optionalText,
});

export const hazard: v.GenericSchema<Hazard> = v.object({
	kind: v.custom<HazardKind>(value => typeof value === 'string', 'is not a kind of hazard'),
	severity: v.picklist(severities),
	file: v.string(),
	at: v.exactOptional(count),
	line: v.string(),
	why: v.string(),
	advice: v.string(),
});

export const suspension: v.GenericSchema<Suspension> = v.variant('kind', [
	v.object({
		kind: v.literal('command'),
		program: v.picklist(['systemctl', 'docker', 'podman']),
		name: v.string(),
		isUser: v.exactOptional(v.literal(true)),
	}),
	v.object({kind: v.literal('by-hand'), how: v.string(), undo: v.string()}),
]);

const cleaner = v.picklist(cleanerKinds);

const running: v.GenericSchema<RunningCleaner> = v.object({
	kind: cleaner,
	pid: count,
	line: v.string(),
	since: v.string(),
	container: optionalText,
	perhaps: v.exactOptional(v.literal(true)),
});

export const nextStart: v.GenericSchema<NextStart> = v.object({
	kind: cleaner,
	file: v.string(),
	at: v.exactOptional(count),
	line: v.string(),
	starts: optionalText,
	why: optionalText,
	suspend: suspension,
});

export const hold: v.GenericSchema<Hold> = v.object({
	looked: v.string(),
	running: v.array(running),
	next: v.array(nextStart),
	gaps: v.array(v.string()),
});
