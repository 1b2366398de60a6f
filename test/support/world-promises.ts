/** What was done to a world, over all lives of the incident. */
export type DoneToWorld = {
	/** Pipelines that carry a request id of ours. */
	builtInCi: number;
	fallbackBuilds: number;
	/** What somebody other than a build stored in the registry. */
	stored: readonly string[];
	/** How often each old pipeline was restarted. */
	restarts: ReadonlyMap<number, number>;
	/** How many links the scenario took away. */
	damaged: number;
	/** What is wrong with the image; nothing: it is whole. */
	wrongWithImage: readonly string[];
};

/** Each change exactly once, and the image whole. @returns the promises that were broken */
export function brokenPromises(scenario: string, world: DoneToWorld): string[] {
	const {builtInCi, fallbackBuilds, stored, restarts, damaged, wrongWithImage} = world;
	const done = {ci: builtInCi, fallback: fallbackBuilds, stored: stored.length};
	const due = {
		'orphan-index': {ci: 1, fallback: 0, stored: 0},
		'orphan-index-ci-down': {ci: 0, fallback: 1, stored: 0},
		'child-unlinked': {ci: 0, fallback: 0, stored: damaged},
	}[scenario];
	const twice = [...restarts].filter(([, times]) => times > 1);
	return [
		...(JSON.stringify(done) === JSON.stringify(due) ? [] : [`done to the world: ${JSON.stringify(done)}`]),
		...twice.map(([number, times]) => `pipeline ${number} was restarted ${times} times`),
		...(restarts.size > 1 ? [] : [`${restarts.size} pipelines were restarted`]),
		...wrongWithImage.map(part => `the image is not whole: ${part}`),
	];
}
