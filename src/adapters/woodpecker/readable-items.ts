import * as v from 'valibot';

/** A list, also where it is `null` or absent. An item that cannot be read is left out, and the others are kept. */
export function readableItems<Item extends v.GenericSchema>(item: Item) {
	return v.fallback(
		v.pipe(
			v.nullish(v.array(v.unknown()), []),
			v.transform(items =>
				(items ?? []).flatMap(each => {
					const parsed = v.safeParse(item, each);
					return parsed.success ? [parsed.output] : [];
				}),
			),
		),
		[],
	);
}
