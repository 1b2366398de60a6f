import {answerRisks, type RegistryAnswers} from './answers.ts';
import {type Collection, collectionsIn} from './commands/collect.ts';
import {type Job, jobsOf} from './commands/jobs.ts';
import {removalMeanings, removalsIn} from './commands/remove.ts';
import {proxyRisks} from './host/proxy.ts';
import {type RegistrySettings, type Seen, settingsIn} from './host/settings.ts';
import {spaceRisks} from './host/space.ts';
import type {Upkeep, UpkeepFile} from './host/upkeep.ts';
import {affectedVersions, allImages, floatingTags, isAffected, versionsSeen} from './host/version.ts';
import type {Preflight} from './preflight.ts';
import {evidence, type Risk, severities} from './risk.ts';

export type {Risk, RiskKind, Severity} from './risk.ts';
export {isUpkeep} from './risk.ts';

/** Something that was not looked at, and why. `optional`: nobody asked for it. */
export type Unseen = {what: string; why: string; optional?: true};

export type Audit = {
	/** The worst first. */
	risks: Risk[];
	unseen: Unseen[];
	/** What the registry's binary or its image's tag tells. */
	versions: string[];
};

/** What will break images again, judged from one look at the host and, where it was asked, at the registry's answers. */
export function judgeUpkeep(upkeep: Upkeep): Audit {
	const settings = settingsIn(upkeep);
	const images = allImages(upkeep, settings);
	const versions = versionsSeen(upkeep, images);
	const affected = isAffected(versions);

	return {
		risks: inOrder([
			...upkeep.files.flatMap(file => fileRisks(file, settings, affected)),
			...proxyRisks(upkeep.files),
			...floatingTags(images),
			...affectedVersions(versions),
			...spaceRisks(upkeep),
		]),
		unseen: unseenIn(upkeep, settings, affected),
		versions: [...new Set(versions.map(({text}) => text))],
	};
}

export function judgeAnswers(answers: RegistryAnswers, upkeep: Upkeep | undefined): Risk[] {
	return answerRisks(answers, upkeep?.holdsRepositories);
}

export function inOrder(risks: readonly Risk[]): Risk[] {
	return severities.flatMap(severity => risks.filter(risk => risk.severity === severity));
}

function fileRisks(file: UpkeepFile, settings: RegistrySettings, affected: boolean | undefined): Risk[] {
	const risks = jobsOf(file).flatMap(job => [
		...collectionRisks(file.path, job, settings, affected),
		...removalsIn(job)
			.filter(({what}) => what !== 'over-http' || settings.deletes.length > 0)
			.map(({at, line, what}) => ({...removalMeanings[what], file: file.path, at, line: evidence(line)})),
	]);
	// One line may be seen twice: as a list, and as the strings in it.
	return [...new Map(risks.map(risk => [`${risk.kind} ${risk.at}`, risk])).values()];
}

function collectionRisks(file: string, job: Job, {cache}: RegistrySettings, affected: boolean | undefined): Risk[] {
	return collectionsIn(job)
		.filter(({dryRun}) => !dryRun)
		.flatMap(collection => {
			const place = {file, at: collection.at, line: evidence(collection.line)};
			return [
				...(collection.untagged === 'no' ? [] : [{...place, ...untaggedRisk(collection, affected)}]),
				...(collection.guarded
					? []
					: [
							{
								...place,
								kind: 'runs-beside-pushes',
								severity: 'may-break',
								why: 'What is pushed while it runs can lose its layers: nothing stops the registry or makes it read-only.',
								advice: 'Stop the registry or make it read-only meanwhile, and restart it afterwards.',
							} as const,
						]),
				...(collection.restarted || cache[0] === undefined ? [] : [{...place, ...staleRisk(cache[0])}]),
			];
		});
}

/**
 * @see distribution/distribution#3178: with --delete-untagged, 2.8 removes the children of every index, tagged or not
 * @see distribution docs, garbage-collection.md: a push during the collection loses its layers
 */
function untaggedRisk(
	{untagged}: Collection,
	affected: boolean | undefined,
): Pick<Risk, 'kind' | 'severity' | 'why' | 'advice'> {
	if (affected === false) {
		return {
			kind: 'removes-children',
			severity: 'may-break',
			why: 'Registry 3 keeps the children of tagged indexes, but an index that is orphaned already makes it sweep what others need.',
			advice:
				'Repair what is orphaned first (`regmedic scan`), and see what it would take: `regmedic audit --preflight`.',
		};
	}

	return {
		kind: 'removes-children',
		severity: untagged === 'yes' ? 'will-break' : 'may-break',
		why:
			untagged === 'yes'
				? 'Children of an index have no tag: registry 2.8 removes them all, and then their configs and layers.'
				: 'Its flags may hold -m, which cannot be seen: with it registry 2.8 removes the children of every index.',
		advice: 'Leave -m (--delete-untagged) out, or go to registry 3.',
	};
}

/** @see distribution/distribution#4525: the cache of a running registry is not told what was collected */
function staleRisk({file, line, value}: Seen): Pick<Risk, 'kind' | 'severity' | 'why' | 'advice'> {
	return {
		kind: 'stale-cache',
		severity: 'may-break',
		why: `The registry remembers blobs (${value}; ${file}: ${evidence(line)}) and is not restarted: it goes on promising what is gone, and pushes skip it.`,
		advice:
			value === 'redis'
				? 'Restart the registry and drop blobs::* and repository::* from redis after each collection.'
				: 'Restart the registry after each collection.',
	};
}

function unseenIn(upkeep: Upkeep, {known}: RegistrySettings, affected: boolean | undefined): Unseen[] {
	const cut = upkeep.files.filter(file => file.cut);
	return [
		...upkeep.gaps.map(why => ({what: 'the registry’s host', why})),
		...cut.map(({path}) => ({what: path, why: 'it is long, and only its beginning was read'})),
		...(known
			? []
			: [
					{
						what: 'the registry’s configuration',
						why: 'none was found: whether it caches and allows deletes is not known',
					},
				]),
		...(affected === undefined
			? [{what: 'the registry’s version', why: 'neither a running binary nor an image’s tag tells it'}]
			: []),
		...(upkeep.disk === undefined ? [{what: 'free space', why: 'df said nothing of use'}] : []),
	];
}

/** `breaks`: the next run of something breaks images, or takes away what would repair them. `incomplete`: what was asked for was not all looked at. */
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
