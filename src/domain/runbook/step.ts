import * as v from 'valibot';
import {defined} from '../defined.ts';
import type {Json, JsonObject} from '../json.ts';
import {parseDuration} from '../text/time.ts';
import {type LocatedProblem, type Position, readYaml} from '../yaml/located-yaml.ts';
import {type Doing, type PlannedRemedy, questionTypes, type Route, type Step} from './runbook.ts';

const defaultTimeoutMs = 5 * 60_000;

const duration = v.pipe(
	v.string(),
	v.check(text => parseDuration(text) !== undefined, 'a duration is written like 30s, 2m or 1h'),
	v.transform(text => parseDuration(text)!),
	// A longer timer overflows and fires at once. @see nodejs.org/api/timers: 2^31 - 1 ms
	v.minValue(1, 'a duration is longer than 0'),
	v.maxValue(7 * 86_400_000, 'a duration is at most 7d'),
);

/** YAML that was read as such holds nothing that JSON cannot. */
const json = v.custom<Json>(value => value !== undefined);
const values: v.GenericSchema<unknown, JsonObject> = v.record(v.string(), json);
const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/, 'a name is lower case, with hyphens'));
const stop = v.strictObject({stop: name, say: v.string(), unverified: v.optional(v.boolean(), false)});
const question = v.strictObject({
	prompt: v.string(),
	type: v.optional(v.picklist(questionTypes), 'text'),
	options: v.exactOptional(json),
	default: v.exactOptional(json),
	from: v.exactOptional(v.string()),
});

const remedy: v.GenericSchema<unknown, PlannedRemedy> = v.strictObject({
	action: v.string(),
	with: v.optional(values, {}),
});

const block = v.strictObject({
	action: v.optional(v.string()),
	ask: v.optional(v.record(v.string(), question)),
	choose: v.optional(v.string()),
	'by-hand': v.optional(v.array(v.string())),
	wait: v.optional(duration),
	plan: v.optional(v.strictObject({rows: json, remedies: v.record(name, remedy)})),
	apply: v.optional(name),
	phase: v.optional(v.string()),
	weigh: v.optional(v.literal('remedies')),
	options: v.optional(
		v.record(name, v.strictObject({title: v.string(), recommended: v.exactOptional(v.string())})),
		{},
	),
	with: v.exactOptional(v.record(v.string(), json)),
	gate: v.optional(v.picklist(['approve', 'typed'])),
	timeout: v.optional(duration, `${defaultTimeoutMs}ms`),
	retry: v.optional(v.strictObject({times: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10))}), {
		times: 0,
	}),
	outcomes: v.record(name, v.union([name, stop], 'name a step, or {stop: NAME, say: TEXT}')),
});

type Block = v.InferOutput<typeof block>;

const kinds = ['action', 'ask', 'choose', 'by-hand', 'wait', 'plan', 'apply'] as const;

type StepHead = Pick<Step, 'id' | 'title' | 'prose' | 'position'>;

export function readStep(head: StepHead, yaml: string, origin: Position): {step?: Step; problems: LocatedProblem[]} {
	const {value, problems, locate, locateKey} = readYaml(yaml, origin, block);
	if (!value) {
		return {problems};
	}

	const does = doingOf(value);
	if (!does) {
		return {
			problems: [{...origin, code: 'kind', message: `"${head.title}" needs exactly one of ${kinds.join(', ')}.`}],
		};
	}

	const positions: Record<string, Position> = {block: origin};
	for (const key of [...kinds, 'gate', 'retry', 'outcomes'] as const) {
		if (key === 'outcomes' || value[key] !== undefined) {
			positions[key] = locateKey([key]);
		}
	}

	for (const key of Object.keys(value.plan?.remedies ?? {})) {
		positions[`plan.${key}`] = locateKey(['plan', 'remedies', key]);
	}

	for (const part of ['with', 'outcomes'] as const) {
		for (const key of Object.keys(value[part] ?? {})) {
			positions[`${part}.${key}`] = locate([part, key]);
		}
	}

	return {
		problems: [],
		step: {
			...head,
			phase: value.phase ?? head.title,
			does,
			with: value.with ?? {},
			// An apply has its one gate by itself; what it wants typed depends on its items.
			...(value.gate === undefined && does.kind !== 'apply' ? {} : {gate: {typed: value.gate === 'typed'}}),
			timeoutMs: value.timeout,
			retries: value.retry.times,
			outcomes: Object.fromEntries(
				Object.entries(value.outcomes).map(([key, route]): [string, Route] => [
					key,
					typeof route === 'string' ? {to: route} : route,
				]),
			),
			positions,
		},
	};
}

function doingOf(value: Block): Doing | undefined {
	if (kinds.filter(kind => value[kind] !== undefined).length !== 1) {
		return undefined;
	}

	if (value.action !== undefined) {
		return {kind: 'action', action: value.action};
	}

	if (value.ask !== undefined) {
		return {kind: 'ask', questions: value.ask};
	}

	if (value['by-hand'] !== undefined) {
		return {kind: 'by-hand', commands: value['by-hand']};
	}

	if (value.wait !== undefined) {
		return {kind: 'wait', milliseconds: value.wait};
	}

	if (value.plan !== undefined) {
		return {kind: 'plan', ...value.plan};
	}

	if (value.apply !== undefined) {
		return {kind: 'apply', plan: value.apply};
	}

	return {
		kind: 'choose',
		question: value.choose!,
		...defined({weigh: value.weigh}),
		options: value.options,
	};
}
