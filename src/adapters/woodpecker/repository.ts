import * as v from 'valibot';
import {unreadable} from './answer.ts';

const schema = v.object({
	id: v.number(),
	full_name: v.fallback(v.string(), ''),
	active: v.fallback(v.boolean(), false),
});

export type RawRepository = v.InferOutput<typeof schema>;

export function readRepository(json: unknown, place: string): RawRepository {
	const parsed = v.safeParse(schema, json);
	if (!parsed.success) {
		throw unreadable(place, 'about a repository does not have its number', false);
	}

	return parsed.output;
}
