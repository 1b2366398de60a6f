import * as v from 'valibot';
import {OperatorError} from '../errors.ts';
import {faultKinds} from '../image/fault.ts';
import {digest} from '../incident/schemas.ts';
import {usageLook, usedByEntry} from '../usage/schemas.ts';
import {needs} from './need.ts';
import {planChange} from './plan-change.ts';

/** What can be done about one damaged image. `restart` is about the whole registry. */
export const planRemedies = [
	'restart',
	'relink',
	'copy-back',
	're-point',
	'rebuild-ci',
	'rebuild-fallback',
	'rebuild-command',
	'remove',
	'refetch',
	'bypass',
	'leave',
] as const;

/** Those of the data of one digest, whatever images use it. */
const dataRemedies = ['move-aside', 'put-back'] as const;

/** The remedies that store the bytes of an image anew: only with one of them in the same plan is its bad data moved aside. */
export const storingRemedies: ReadonlySet<string> = new Set([
	'rebuild-ci',
	'rebuild-fallback',
	'copy-back',
	'rebuild-command',
	'refetch',
]);

export type PlanRemedy = (typeof planRemedies)[number];

const text = v.string();
const texts = v.array(text);
const nullable = v.nullable(text);
const remedy = v.picklist(planRemedies);

const remedyRow = v.object({remedy, possible: v.boolean(), why: text});

/** `name`: what `--remedy IMAGE=re-point:NAME` takes. `built`, `tagged`: ISO 8601, UTC. */
const sibling = v.object({
	name: text,
	digest,
	tags: texts,
	platforms: texts,
	age: v.picklist(['older', 'newer', 'unknown']),
	built: v.exactOptional(text),
	tagged: v.exactOptional(text),
	/** Its platforms and its age, as a person reads them. */
	say: text,
});

const image = v.object({
	id: text,
	repository: text,
	digest: v.exactOptional(digest),
	tags: texts,
	platforms: v.object({whole: texts, lost: texts}),
	findings: v.array(v.picklist(faultKinds)),
	since: v.exactOptional(text),
	/** Null: nobody looked. */
	usedBy: v.nullable(v.array(usedByEntry)),
	/** What needs it, as far as the configuration tells; `other`: nothing is known to. */
	need: v.exactOptional(v.picklist(needs)),
	recommended: remedy,
	remedies: v.array(remedyRow),
	/** The intact images that its tags can be pointed to, the newest first. Absent: none is known, or it is not to be re-pointed. */
	siblings: v.exactOptional(v.array(sibling)),
});

const item = v.object({
	id: text,
	/** Null: it is about the registry, or about the data of `digest`. */
	image: nullable,
	digest: v.exactOptional(digest),
	remedy: v.picklist([...planRemedies, ...dataRemedies]),
	/** The items that have to be done first. */
	after: texts,
	destructive: v.boolean(),
	undo: text,
	changes: v.array(planChange),
});

const schema = v.object({
	schema: v.literal('regmedic.plan/1'),
	/** It becomes the name of a file on the store's host. */
	id: v.pipe(text, v.regex(/^\w[\w.-]{0,99}$/)),
	/** ISO 8601, UTC */
	made: v.pipe(text, v.isoTimestamp()),
	until: v.pipe(text, v.isoTimestamp()),
	/** `host[:port]` */
	registry: text,
	/** Which registry it is, as far as it is known. */
	identity: v.object({
		url: text,
		certificate: nullable,
		hostKey: nullable,
		root: nullable,
		device: nullable,
	}),
	/** The number of destructive changes. */
	destructive: v.number(),
	/** False: the damage is not known whole, for these reasons. */
	complete: v.boolean(),
	gaps: texts,
	/** Absent: nobody configured where the use of images is known. */
	usage: v.exactOptional(usageLook),
	images: v.array(image),
	items: v.array(item),
});

/** What will be done about the damage of one registry. Made by reading only, and kept as a document. */
export type Plan = v.InferOutput<typeof schema>;
export type PlanImage = Plan['images'][number];
export type PlanItem = Plan['items'][number];

/** @throws OperatorError plan.invalid: it is no plan of this form, with the first reason */
export function parsePlan(source: string, file: string): Plan {
	let json: unknown;
	try {
		json = JSON.parse(source);
	} catch {
		throw notAPlan(file, 'It is not JSON.');
	}

	const parsed = v.safeParse(schema, json);
	if (!parsed.success) {
		const [issue] = parsed.issues;
		throw notAPlan(file, `${v.getDotPath(issue) ?? 'The document'}: ${issue.message}`);
	}

	return parsed.output;
}

function notAPlan(file: string, reason: string): OperatorError {
	return new OperatorError('plan.invalid', `${file} is not a plan (regmedic.plan/1). ${reason}`, {
		hint: 'Make one: regmedic respond --registry NAME --plan FILE.',
		exit: 'usage',
	});
}
