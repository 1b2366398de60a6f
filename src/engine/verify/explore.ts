import {keyOf, type Looked, type Part} from './needs.ts';
import type {Told} from './progress.ts';

/** Level by level, so that what is found first does not depend on which answer is faster. */
export async function explore(
	top: Looked,
	look: (part: Part) => Looked | Promise<Looked>,
	told?: Told,
): Promise<Map<string, Looked>> {
	const looked = new Map([[keyOf(top.part), top]]);
	told?.looked(top);

	for (let level = unseen(top.parts, looked); level.size > 0; ) {
		told?.found([...level.values()]);

		const entries = await Promise.all(
			Array.from(level.values(), async part => {
				const entry = await look(part);
				told?.looked(entry);
				return entry;
			}),
		);
		const next: Part[] = [];
		let place = 0;

		for (const key of level.keys()) {
			const entry = entries[place++]!;
			looked.set(key, entry);
			next.push(...entry.parts);
		}

		level = unseen(next, looked);
	}

	return looked;
}

/** Each once, by the first way to it. */
function unseen(parts: readonly Part[], looked: ReadonlyMap<string, Looked>): Map<string, Part> {
	const first = new Map<string, Part>();

	for (const part of parts) {
		const key = keyOf(part);
		if (!looked.has(key) && !first.has(key)) {
			first.set(key, part);
		}
	}

	return first;
}
