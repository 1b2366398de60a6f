import * as v from 'valibot';
import {asGoReads} from '../go-fields.ts';
import {hasKeyTwice} from '../go-json.ts';
import {isGoTime} from '../go-time.ts';

/** What clients read in the config of an image. */
export type ConfigDocument = {
	/** `os/architecture[/variant]`; empty where it names none. */
	platform: string;
	/** As it is written: RFC 3339. */
	created?: string;
	/** The digests of the unpacked layers. */
	diffIds: string[];
	/** History entries that stand for a layer. */
	steps: number;
};

/** `ambiguous`: clients may read another config than the one that Go reads. */
export type ParsedConfig = {ok: true; config: ConfigDocument} | {ok: false; reason: string; ambiguous?: true};

const text = v.nullish(v.string(), '');
const texts = v.nullish(v.array(v.nullish(v.string())), []);
const flag = v.nullish(v.boolean(), false);
const time = v.nullish(v.pipe(v.string(), v.check(isGoTime, 'not a time as RFC 3339 writes it')));
const isNoList = (value: unknown) => !Array.isArray(value);
const object = v.check(isNoList, 'a list in place of an object');
const set = v.nullish(
	v.pipe(v.unknown(), object, v.record(v.string(), v.nullish(v.pipe(v.unknown(), object, v.looseObject({}))))),
);
const labels = v.nullish(v.pipe(v.unknown(), object, v.record(v.string(), v.nullish(v.string()))));

const twice = 'a key is in it twice';

/** A Go struct: keys in any case, null as absent. */
function struct<const Entries extends v.ObjectEntries>(entries: Entries) {
	const keys = Object.keys(entries);
	return v.pipe(
		v.unknown(),
		object,
		v.rawTransform(({dataset, addIssue}) =>
			asGoReads(dataset.value, keys, key => addIssue({message: `${twice}: ${key}`})),
		),
		v.object(entries),
	);
}

/** @see OCI image-spec v1.1 specs-go/v1/config.go, Image: containerd decodes into it before it unpacks */
const document = struct({
	created: time,
	author: text,
	architecture: text,
	variant: text,
	os: text,
	'os.version': text,
	'os.features': texts,
	config: v.nullish(
		struct({
			User: text,
			ExposedPorts: set,
			Env: texts,
			Entrypoint: texts,
			Cmd: texts,
			Volumes: set,
			WorkingDir: text,
			Labels: labels,
			StopSignal: text,
			ArgsEscaped: flag,
		}),
	),
	rootfs: v.nullish(struct({type: text, diff_ids: texts})),
	history: v.nullish(
		v.array(v.nullish(struct({created: time, created_by: text, author: text, comment: text, empty_layer: flag}))),
		[],
	),
});

/** Reads the config of an image as containerd does, written in Go. */
export function parseConfig(bytes: Uint8Array): ParsedConfig {
	if (bytes.length === 0) {
		return {ok: false, reason: 'it is empty'};
	}

	// A byte order mark stays: Go does not skip it either.
	const source = new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes);
	let json: unknown;
	try {
		json = JSON.parse(source);
	} catch {
		return {ok: false, reason: 'it is not JSON'};
	}

	if (hasKeyTwice(source, json)) {
		return {ok: false, reason: twice, ambiguous: true};
	}

	const parsed = v.safeParse(document, json);
	if (!parsed.success) {
		const [issue] = parsed.issues;
		if (parsed.issues.some(({message}) => message.startsWith(twice))) {
			return {ok: false, reason: twice, ambiguous: true};
		}

		return {ok: false, reason: `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`};
	}

	const {os, architecture, variant, created, rootfs, history} = parsed.output;
	return {
		ok: true,
		config: {
			platform: [os, architecture, variant].filter(Boolean).join('/'),
			...(created && {created}),
			diffIds: (rootfs?.diff_ids ?? []).map(each => each ?? ''),
			steps: (history ?? []).filter(step => !step?.empty_layer).length,
		},
	};
}
