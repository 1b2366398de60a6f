/**
 * The names that dashboards and alerts know. Each sample carries the label `instance`; where the catalogue is sharded,
 * `shard` as well.
 * The first six were alerted on before regmedic was there.
 */
export const metricNames = {
	failures: 'registry_manifest_integrity_failures',
	catalogAccessible: 'registry_manifest_integrity_catalog_accessible',
	repositoriesChecked: 'registry_manifest_integrity_repos_checked',
	tagsChecked: 'registry_manifest_integrity_tags_checked',
	indexesChecked: 'registry_manifest_integrity_indexes_checked',
	lastRun: 'registry_manifest_integrity_last_run_timestamp',
	/** Seconds that the run took. */
	duration: 'registry_manifest_integrity_run_duration_seconds',
	/** Images and repositories of which the run can say nothing. */
	unknown: 'registry_manifest_integrity_unknown',
	requests: 'registry_manifest_integrity_requests',
	/** Label `kind`. */
	faults: 'registry_manifest_integrity_faults',
	/** Labels `repository`, `tag`, `kind`; always 1, and no more than `mostBrokenImages` of them. */
	brokenImage: 'registry_manifest_integrity_broken_image',
	/** Broken images that have no series of their own, because there are too many. */
	brokenImagesLeftOut: 'registry_manifest_integrity_broken_images_left_out',
} as const;

export type MetricName = (typeof metricNames)[keyof typeof metricNames];

/** A gauge with its samples. */
export type Metric = {
	name: MetricName;
	help: string;
	samples: {labels: Record<string, string>; value: number}[];
};

/** Series that name an image cost memory in Prometheus for as long as it remembers them. */
export const mostBrokenImages = 100;
