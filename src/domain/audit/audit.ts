import {jobsOf} from './commands/jobs.ts';
import {type Hazard, severities} from './hazard.ts';
import {deletesBesideCollection} from './hazards/deletes-beside-collection.ts';
import {spaceHazards} from './hazards/disk-space.ts';
import {type CollectionContext, collectionHazards} from './hazards/garbage-collection.ts';
import {proxyHazards} from './hazards/nginx.ts';
import {affectedVersions, allImages, floatingTags, isAffected, versionsIn} from './hazards/registry-version.ts';
import {removalHazards} from './hazards/removals.ts';
import type {Maintenance, MaintenanceFile} from './maintenance.ts';
import type {Preflight} from './preflight.ts';
import {type RegistrySettings, settingsIn} from './registries/registry-settings.ts';
import {registriesOf, runningFor} from './registries/serving-store.ts';

/** Something that could not be audited, and why. `optional`: it was not requested. */
export type Unseen = {what: string; why: string; optional?: true};

export type Audit = {
	/** The worst first. */
	risks: Hazard[];
	unseen: Unseen[];
	/** Versions of the registry, from its binary or from its image's tag. */
	versions: string[];
};

/** Finds what will break images again in the way a host runs and cleans up its registry. */
export function assessMaintenance(maintenance: Maintenance): Audit {
	const settings = settingsIn(maintenance);
	const images = allImages(maintenance, settings);
	const versions = versionsIn({running: runningFor(maintenance)}, images);
	const affected = isAffected(versions);
	const store = maintenance.root;

	return {
		risks: inOrder([
			...maintenance.files.flatMap(file => fileHazards(file, {settings, store, affected})),
			...(settings.deletes.length > 0 ? deletesBesideCollection(maintenance.files) : []),
			...proxyHazards(maintenance.files),
			...floatingTags(images),
			...affectedVersions(versions),
			...spaceHazards(maintenance),
		]),
		unseen: unseenIn(maintenance, settings, affected),
		versions: [...new Set(versions.map(({text}) => text))],
	};
}

/** The worst first; within a severity, in the order given. */
export function inOrder(hazards: readonly Hazard[]): Hazard[] {
	return severities.flatMap(severity => hazards.filter(hazard => hazard.severity === severity));
}

function fileHazards(file: MaintenanceFile, context: Omit<CollectionContext, 'file'>): Hazard[] {
	const hazards = jobsOf(file).flatMap(job => [
		...collectionHazards(job, {...context, file: file.path}),
		...removalHazards(job, {...context, file: file.path}),
	]);
	// A line may be read twice: as a list, and as the strings in it.
	return [...new Map(hazards.map(hazard => [`${hazard.kind} ${hazard.at}`, hazard])).values()];
}

function unseenIn(
	maintenance: Maintenance,
	{known, registries}: RegistrySettings,
	affected: boolean | undefined,
): Unseen[] {
	const cut = maintenance.files.filter(file => file.cut);
	return [
		...maintenance.gaps.map(why => ({what: 'the registry’s host', why})),
		...cut.map(({path}) => ({what: path, why: 'it is too long: only its beginning was read'})),
		...(known
			? []
			: [
					{
						what: 'the registry’s configuration',
						why: 'none was found: it is not known whether the registry caches and allows deletes',
					},
				]),
		...registriesOf(registries, maintenance.root).flatMap(({cache}) =>
			cache.kind === 'unknown' ? [{what: 'the registry’s descriptor cache', why: cache.why}] : [],
		),
		...(affected === undefined
			? [{what: 'the registry’s version', why: 'neither a running binary nor an image’s tag shows it'}]
			: []),
		...(maintenance.disk === undefined ? [{what: 'free space', why: 'the output of df was unusable'}] : []),
	];
}

/**
 * `breaks`: the next run of something breaks images, or removes what would repair them. `incomplete`: something that was
 * requested could not be audited.
 */
export function auditVerdict({
	risks,
	unseen,
	preflight = [],
}: Pick<Audit, 'risks' | 'unseen'> & {preflight?: readonly Pick<Preflight, 'breaks' | 'worsens' | 'complete'>[]}):
	| 'breaks'
	| 'incomplete'
	| 'clear' {
	const [asked] = preflight;
	const damaged = [...(asked?.breaks ?? []), ...(asked?.worsens ?? [])];
	if (risks.some(({severity}) => severity === 'will-break') || damaged.length > 0) {
		return 'breaks';
	}

	return unseen.some(({optional}) => !optional) || preflight.some(({complete}) => !complete) ? 'incomplete' : 'clear';
}
