/** Above so many rows a plan is shown in groups. */
export const mostRows = 30;

/** What a group has in common. `used`: whether something is known to need it; undefined: no use is known, which proves nothing. */
type Shared = {used: boolean | undefined; cause: string; remedy: string};

/** A line of a table: one row, or many that have the same in common. */
export type Line<Row> = {kind: 'row'; row: Row} | Group<Row>;

export type Group<Row> = {kind: 'group'; key: string; rows: Row[]} & Shared;

/**
 * The lines of a table: of many rows those that share use, cause and remedy are one, the used ones first.
 * @param sharedOf undefined: the row is a line of its own
 */
export function inGroups<Row>(rows: readonly Row[], sharedOf: (row: Row) => Shared | undefined): Line<Row>[] {
	if (rows.length <= mostRows) {
		return rows.map(row => ({kind: 'row', row}));
	}

	const lines: Line<Row>[] = [];
	const groups = new Map<string, Group<Row>>();
	for (const row of rows) {
		const shared = sharedOf(row);
		if (shared === undefined) {
			lines.push({kind: 'row', row});
			continue;
		}

		const key = `${sayUse(shared.used)} ${shared.cause} ${shared.remedy}`;
		const known = groups.get(key);
		if (known) {
			known.rows.push(row);
		} else {
			const group: Group<Row> = {kind: 'group', key, rows: [row], ...shared};
			groups.set(key, group);
			lines.push(group);
		}
	}

	return lines.sort((one, other) => rank(one) - rank(other));
}

function rank<Row>(line: Line<Row>): number {
	return line.kind === 'row' || line.used === true ? 0 : line.used === undefined ? 1 : 2;
}

/** Nobody calls an image unused that nobody looked for. */
export function sayUse(used: boolean | undefined): string {
	return used === undefined ? 'no use known' : used ? 'used' : 'unused';
}

const mostNamed = 5;

/** `a, b and 3 more` */
export function sayNames(names: readonly string[]): string {
	const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
	return `${names.slice(0, mostNamed).join('; ')}${more}`;
}
