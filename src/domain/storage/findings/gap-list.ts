import type {Moved, Scan} from './finding.ts';

/** Why a scan is not complete, each line once, in the order in which it was found. */
export class GapList {
	readonly #lines: Map<string, Moved | undefined>;

	constructor(lines: readonly string[] = []) {
		this.#lines = new Map(lines.map(line => [line, undefined]));
	}

	get size(): number {
		return this.#lines.size;
	}

	add(line: string): void {
		this.#lines.set(line, undefined);
	}

	/** What changed while the store was read. `how`: as in "app:v1 was pushed while the store was read". */
	addMoved(of: Pick<Moved, 'repository' | 'tags'>, how: string): void {
		const gap = `${how} while the store was read`;
		this.#lines.set(gap, {repository: of.repository, tags: [...of.tags], gap});
	}

	/** After what an earlier list said. */
	after({gaps, moved = []}: {gaps: readonly string[]; moved?: readonly Moved[]}): Pick<Scan, 'gaps' | 'moved'> {
		const all = [...moved, ...[...this.#lines.values()].filter(each => each !== undefined)];
		return {gaps: [...gaps, ...this.#lines.keys()], ...(all.length > 0 && {moved: all})};
	}
}
