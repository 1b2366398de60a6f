import * as v from 'valibot';
import {OperatorError} from '../errors.ts';
import {parseReference} from '../image/reference.ts';
import {type Depth, depths} from '../image/verdict.ts';
import type {JsonObject} from '../json.ts';
import {damagedImage, digest, finding, nextStart} from './schemas.ts';

const reference = v.pipe(v.string(), v.transform(parseReference));
const image = reference;
const depth = v.nullish(v.pipe(v.string(), v.transform(parseDepth)), 'edge');
/** Null where the disk could not be scanned. */
const findings = v.nullish(v.array(finding));

/** A reference, or the image that a person chose from a list. */
const chosenReference = v.pipe(
	v.union([
		v.string(),
		v.pipe(
			v.object({reference: v.string()}),
			v.transform(chosen => chosen.reference),
		),
	]),
	v.transform(parseReference),
);

const pipelineNumber = v.pipe(v.number(), v.integer(), v.minValue(1));

/** `repository`: absent in journals of version 0.1, which know one repository only. */
export type PickedPipeline = {repository?: string; number: number};

const pickedPipeline: v.GenericSchema<unknown, PickedPipeline> = v.union([
	v.pipe(
		pipelineNumber,
		v.transform((number: number): PickedPipeline => ({number})),
	),
	v.object({number: pipelineNumber, repository: v.exactOptional(v.string())}),
]);

/** The ticked pipelines, each once. Each answer is a pipeline or its number; anything else is ignored. */
const pickedPipelines = v.pipe(
	v.fallback(v.array(v.fallback(v.nullable(pickedPipeline), null)), []),
	v.transform(picked => [
		...new Map(
			picked.filter(each => each !== null).map(each => [`${each.repository ?? ''} ${each.number}`, each] as const),
		).values(),
	]),
);

/** What an item of a plan expects to find right before its change. */
const expected = {damaged: v.nullish(damagedImage), lacks: v.nullish(v.array(v.string()))};

/** What became of a line of the plan before. */
const triedItem = v.object({
	row: v.string(),
	remedy: v.string(),
	outcome: v.string(),
	say: v.string(),
	/** No sign of its change was found. */
	notSeen: v.nullish(v.literal(true)),
	/** Of its problem. */
	code: v.nullish(v.string()),
});

export type TriedItem = v.InferOutput<typeof triedItem>;

/** The data of one digest. `size`: bytes on the disk. */
const data = {image, digest, size: v.pipe(v.number(), v.integer())};

/** What each action is given: the resolved values of its step. */
const schemas = {
	'registry.verify': v.object({image, depth}),
	'storage.scan': v.object({image}),
	'registry.restart': v.object({image: v.nullish(image), since: v.nullish(v.number())}),
	'storage.move-aside': v.object({
		...data,
		images: v.array(v.string()),
		forgetIn: v.nullish(v.array(v.string())),
	}),
	'storage.put-back': v.object(data),
	'registry.relink': v.object({image, findings, ...expected}),
	'registry.copy-back': v.object({
		image,
		top: v.nullish(digest),
		asides: v.nullish(v.array(digest)),
		retag: v.nullish(v.array(v.string())),
		removed: v.nullish(v.boolean()),
		...expected,
	}),
	'registry.refetch': v.object({image, digests: v.array(digest), pulls: v.number(), ...expected}),
	'registry.bypass': v.object({image}),
	'registry.repoint': v.object({image, to: chosenReference, tags: v.nullish(v.array(v.string())), ...expected}),
	'registry.remove': v.object({image, ...expected}),
	'ci.build': v.object({image, ...expected}),
	'builder.build': v.object({image, ...expected}),
	'command.build': v.object({image, ...expected}),
	'ci.failed': v.object({
		since: v.pipe(
			v.string(),
			v.check(text => !Number.isNaN(Date.parse(text)), 'is not a time'),
			v.transform(text => new Date(text)),
		),
	}),
	'ci.restart': v.object({pipelines: v.optional(pickedPipelines, [])}),
	'ci.cancel': v.object({pipeline: v.nullish(pipelineNumber)}),
	'ci.approve': v.object({pipeline: v.nullish(pipelineNumber)}),
	'storage.hold': v.object({}),
	'storage.suspend': v.object({next: nextStart}),
	'registry.scope': v.object({image, tried: v.nullish(v.array(triedItem), [])}),
	'registry.verify-planned': v.object({}),
	'registry.verify-all': v.object({image}),
	'registry.audit': v.object({}),
	'follow-up.orphans': v.object({image, findings, own: findings, complete: v.nullish(v.boolean())}),
};

export type ActionName = keyof typeof schemas;

export type InputsOf<Name extends ActionName> = v.InferOutput<(typeof schemas)[Name]>;

/**
 * Makes the parser of an action's inputs.
 * @throws OperatorError runbook.value-invalid | reference.malformed | verify.depth, when values are parsed
 */
export function inputParser<Name extends ActionName>(action: Name): (values: JsonObject) => InputsOf<Name> {
	return values => {
		const parsed = v.safeParse(schemas[action], values);
		if (parsed.success) {
			return parsed.output;
		}

		const [issue] = parsed.issues;
		const name = v.getDotPath(issue);
		throw new OperatorError(
			'runbook.value-invalid',
			`${action} cannot use ${name === null ? 'its values' : `its value "${name}"`}: ${issue.message}.`,
			{hint: 'Fix the runbook, or choose another option.', exit: 'configuration'},
		);
	};
}

function parseDepth(text: string): Depth {
	const depth = depths.find(each => each === text);
	if (depth !== undefined) {
		return depth;
	}

	throw new OperatorError('verify.depth', `"${text}" is not a depth: write head, edge, content or unpack.`, {
		hint: 'Fix the runbook.',
		exit: 'configuration',
	});
}
