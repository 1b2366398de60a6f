import {isObject, type Json, type JsonObject} from '../json.ts';

/** One `${…}`. With a trailing `?` the value may be absent: it is null then. */
export type ValueReference = {path: string[]; optional: boolean; text: string};

const pattern = /\$\{([a-z][\w.-]*)(\?)?\}/g;
const whole = /^\$\{([a-z][\w.-]*)(\?)?\}$/;

/** Every reference in a value, in order. */
export function referencesIn(value: Json): ValueReference[] {
	if (typeof value === 'string') {
		return [...value.matchAll(pattern)].map(match => referenceOf(match));
	}

	if (Array.isArray(value)) {
		return value.flatMap(referencesIn);
	}

	return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}

/** Every `${…}` that is not a valid reference: `${steps.a.b!}`. */
export function malformedIn(value: Json): string[] {
	if (typeof value === 'string') {
		return value.replace(pattern, '').match(/\$\{[^}]*\}?/g) ?? [];
	}

	return (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).flatMap(malformedIn);
}

type Missing = {ok: false; missing: string};

type Resolved = {ok: true; value: Json} | Missing;

type ResolvedValues = {ok: true; values: JsonObject} | Missing;

type Written = (text: string) => string;

/**
 * A string that is one reference becomes the value it names; a reference inside a text becomes text.
 * @param written writes a value into a text: quoted, where the text is a command
 */
export function resolve(value: Json, scope: JsonObject, written: Written = text => text): Resolved {
	if (typeof value === 'string') {
		return resolveText(value, scope, written);
	}

	if (Array.isArray(value)) {
		return gather(
			value.map(item => resolve(item, scope, written)),
			values => values,
		);
	}

	if (isObject(value)) {
		const resolved = resolveValues(value, scope, written);
		return resolved.ok ? {ok: true, value: resolved.values} : resolved;
	}

	return {ok: true, value};
}

/** Resolves every value of an object. */
export function resolveValues(values: JsonObject, scope: JsonObject, written?: Written): ResolvedValues {
	const resolved: [key: string, value: Json][] = [];
	for (const [key, value] of Object.entries(values)) {
		const part = resolve(value, scope, written);
		if (!part.ok) {
			return part;
		}

		resolved.push([key, part.value]);
	}

	// An assignment would take the key "__proto__" for the object's prototype.
	return {ok: true, values: Object.fromEntries(resolved)};
}

function resolveText(text: string, scope: JsonObject, written: Written): Resolved {
	const only = whole.exec(text);
	if (only) {
		const reference = referenceOf(only);
		const found = lookUp(scope, reference.path);
		return found === undefined && !reference.optional
			? {ok: false, missing: reference.text}
			: {ok: true, value: found ?? null};
	}

	const missing = referencesIn(text).find(({path, optional}) => !optional && lookUp(scope, path) === undefined);
	if (missing) {
		return {ok: false, missing: missing.text};
	}

	return {
		ok: true,
		value: text.replace(pattern, (...match) => {
			const found = lookUp(scope, String(match[1]).split('.'));
			return written(typeof found === 'string' ? found : JSON.stringify(found ?? '').replace(/^""$/, ''));
		}),
	};
}

/** Quotes a text as one word of a POSIX shell, so that text from outside cannot add a command to one that a person copies. */
export function shellWord(text: string): string {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

function lookUp(scope: JsonObject, path: string[]): Json | undefined {
	let at: Json | undefined = scope;
	for (const name of path) {
		at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
	}

	return at;
}

function gather(parts: Resolved[], build: (values: Json[]) => Json): Resolved {
	const failed = parts.find(part => !part.ok);
	return failed ?? {ok: true, value: build(parts.map(part => (part.ok ? part.value : null)))};
}

function referenceOf(match: RegExpMatchArray): ValueReference {
	return {path: match[1]!.split('.'), optional: match[2] === '?', text: match[0]};
}
