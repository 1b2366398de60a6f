/** What a runbook and a journal can hold. */
export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};

export type JsonObject = {[key: string]: Json};

export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Drops what JSON cannot hold (`undefined`), so that a value is the same before and after the journal. */
export function toJson(value: unknown): Json {
	return JSON.parse(JSON.stringify(value ?? null)) as Json;
}
