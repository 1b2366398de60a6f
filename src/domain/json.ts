/** A value of a runbook or a journal. */
export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

export type JsonObject = {[key: string]: Json};

export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Drops `undefined`, which JSON cannot hold, so that a value is the same before it is written to the journal and after. */
export function toJson(value: unknown): Json {
	return JSON.parse(JSON.stringify(value ?? null)) as Json;
}

export function toJsonObject(value: object): JsonObject {
	const json = toJson(value);
	return isObject(json) ? json : {};
}
