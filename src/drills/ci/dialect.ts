/** The versions whose responses the simulator gives. Each was recorded from a real server: test/recorded/woodpecker. */
export type Dialect = '2.8.3' | '3.17.0';

/** Before 3.0 the times of a pipeline end with `_at`, and the statuses of a cancelled one are others. */
export function isOld(dialect: Dialect): boolean {
	return dialect === '2.8.3';
}
