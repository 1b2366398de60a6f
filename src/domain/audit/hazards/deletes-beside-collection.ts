import {jobsOf} from '../commands/jobs.ts';
import type {Hazard} from '../hazard.ts';
import type {MaintenanceFile} from '../maintenance.ts';
import {collectsUnguarded} from './garbage-collection.ts';
import {deletionIn} from './removals.ts';

/**
 * Jobs that delete over HTTP, where another job collects while the registry takes requests. A link that vanishes while its
 * repository is marked ends that marking without an error: the data of the rest of the repository is swept, with and without -m.
 * @see distribution v2.8.3 registry/storage/garbagecollect.go:105; v3.1.1 the same, :110. Seen on both, with exit 0
 */
export function deletesBesideCollection(files: readonly MaintenanceFile[]): Hazard[] {
	const jobs = files.flatMap(file => jobsOf(file).map(job => ({file: file.path, job})));
	const collecting = jobs.filter(({job}) => collectsUnguarded(job));
	return jobs.flatMap(({file, job}) => {
		const deletion = deletionIn(job);
		// A line of a compose file may be read twice.
		const beside = collecting.find(other => other.file !== file || other.job[0]!.at !== job[0]!.at);
		return deletion === undefined || beside === undefined
			? []
			: [
					{
						kind: 'deletes-beside-collection' as const,
						severity: 'will-break' as const,
						file,
						...deletion,
						why: `One DELETE while a garbage collection marks that repository (${beside.file}, line ${beside.job[0]!.at}) sweeps the data of all its other images, also without -m; the collection ends with 0.`,
						advice:
							'Let no delete run while the garbage collection does: run them one after the other, or collect with the registry stopped or read-only.',
					},
				];
	});
}
