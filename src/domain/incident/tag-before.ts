import * as v from 'valibot';
import type {Digest} from '../image/digest.ts';
import type {JsonObject} from '../json.ts';
import {digest} from './schemas.ts';

/** What a tag names. `digest` null: nothing. */
export type TagState = {digest: Digest | null; intact: boolean};

const schema = v.object({before: v.object({digest: v.nullable(digest), intact: v.boolean()})});

/** Reads what a tag named before a build, from what the build has recorded. Journals of version 0.1 do not hold it. */
export function readTagBefore(details: readonly JsonObject[]): TagState | undefined {
	return details
		.map(detail => v.safeParse(schema, detail))
		.flatMap(parsed => (parsed.success ? [parsed.output.before] : []))
		.at(-1);
}
