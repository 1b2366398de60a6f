import {stops} from '../commands/control.ts';
import type {Job} from '../commands/jobs.ts';
import {isHarmless, shellCommands} from '../commands/shell.ts';
import {evidence, type Hazard} from '../hazard.ts';
import type {RegistrySettings} from '../registries/registry-settings.ts';
import {staleCacheHazard} from './stale-cache.ts';

export type CollectionContext = {
	/** The file of the job. */
	file: string;
	settings: RegistrySettings;
	/** The folder of the store that is audited. */
	store: string | undefined;
	/** Whether a registry 2.x runs here; undefined where its version is not known. */
	affected: boolean | undefined;
};

/**
 * Collections that break images, now or together with a push or a cache.
 * @see distribution docs, garbage-collection.md: a push during the collection loses its layers
 */
export function collectionHazards(
	job: Job,
	{file, settings: {registries}, store, affected}: CollectionContext,
): Hazard[] {
	return collectionsIn(job)
		.filter(({dryRun}) => !dryRun)
		.flatMap(collection => {
			const stale = staleCacheHazard(job, collection.n, {registries, store});
			const where = {file, at: collection.at, line: evidence(collection.line)};
			return [
				...(collection.untagged === 'no' ? [] : [{...where, ...untaggedHazard(collection, affected)}]),
				...(collection.guarded
					? []
					: [
							{
								...where,
								kind: 'runs-beside-pushes',
								severity: 'may-break',
								why: 'A push during its run can lose layers, and a DELETE makes it sweep the rest of that repository: nothing stops the registry or makes it read-only.',
								advice: 'Stop the registry or make it read-only meanwhile, and restart it afterwards.',
							} as const,
						]),
				...(stale === undefined ? [] : [{...where, ...stale}]),
			];
		});
}

/**
 * @see distribution/distribution#3178: with --delete-untagged, 2.8 removes the children of every index, tagged or not
 */
function untaggedHazard(
	{untagged}: Collection,
	affected: boolean | undefined,
): Pick<Hazard, 'kind' | 'severity' | 'why' | 'advice'> {
	if (affected === false) {
		return {
			kind: 'removes-children',
			severity: 'may-break',
			why: 'Registry 3 keeps the children of tagged indexes, but an index that is orphaned already makes it remove parts that other images need.',
			advice:
				'Repair orphaned indexes first (`regmedic scan`), and see what it would remove: `regmedic audit --preflight`.',
		};
	}

	return {
		kind: 'removes-children',
		severity: untagged === 'yes' ? 'will-break' : 'may-break',
		why:
			untagged === 'yes'
				? 'Children of an index have no tag: registry 2.8 removes them all, with their configs and layers.'
				: 'Its flags come from a variable and may include -m: with it registry 2.8 removes the children of every index.',
		advice: 'Remove -m (--delete-untagged), or upgrade to registry 3.',
	};
}

/** A `garbage-collect` that a job runs. */
type Collection = {
	/** The number of its line, from 1. */
	at: number;
	line: string;
	/** `unclear`: its flags come from a variable that the file does not set. */
	untagged: 'yes' | 'no' | 'unclear';
	dryRun: boolean;
	/** The registry is stopped or read-only during its run. */
	guarded: boolean;
	/** Its place in the job. */
	n: number;
};

/** Whether a job runs a collection while the registry takes requests. */
export function collectsUnguarded(job: Job): boolean {
	return collectionsIn(job).some(({dryRun, guarded}) => !dryRun && !guarded);
}

function collectionsIn(job: Job): Collection[] {
	return job.flatMap((command, n) => {
		const guarded = job.slice(0, n).some(stops);
		return flagsOf(command.argv).map(flags => ({
			at: command.at,
			line: command.line,
			...flags,
			guarded,
			n,
		}));
	});
}

type Flags = Pick<Collection, 'untagged' | 'dryRun'>;

/** Whether a command collects garbage, and not only shows what that would remove. */
export function collects(argv: readonly string[]): boolean {
	return flagsOf(argv).some(({dryRun}) => !dryRun);
}

/**
 * The flags of each `garbage-collect` among these words, also within a word, as in `sh -c '…'`.
 * Only the words after it count: the -d of `docker exec -d` is not a dry run.
 */
function flagsOf(argv: readonly string[]): Flags[] {
	if (isHarmless(argv)) {
		return [];
	}

	const inner = argv.flatMap(word =>
		/\sgarbage-collect|garbage-collect\s/.test(word)
			? shellCommands(word).flatMap(command => flagsOf(command.argv))
			: [],
	);
	// A list in another language: `['registry', 'garbage-collect']`.
	const words = argv.flatMap(word =>
		/[[\],]/.test(word) && !/\s/.test(word) ? word.split(/[[\],]+/).filter(each => each !== '') : [word],
	);
	const at = words.indexOf('garbage-collect');
	return at === -1 ? inner : [...inner, readFlags(words.slice(at + 1).flatMap(word => word.split(/\s+/)))];
}

/** @see distribution registry/root.go: -d --dry-run, -m --delete-untagged; the last occurrence counts */
export function readFlags(words: readonly string[]): Flags {
	let untagged: Flags['untagged'] = 'no';
	let dryRun = false;

	for (const word of words) {
		// `-m=false` is possible as well; in `-md=false` the value belongs to the last letter.
		const [, name, letters, value = 'true'] = /^(?:--(delete-untagged|dry-run)|-([a-z]+))(?:=(\w+))?$/.exec(word) ?? [];
		const isOn = /^(?:true|t|1)$/i.test(value);
		if (name === 'delete-untagged') {
			untagged = isOn ? 'yes' : 'no';
		} else if (name === 'dry-run') {
			dryRun = isOn;
		} else if (letters !== undefined) {
			const holds = (letter: string) => letters.includes(letter) && (isOn || !letters.endsWith(letter));
			untagged = holds('m') ? 'yes' : letters.endsWith('m') ? 'no' : untagged;
			dryRun = holds('d') || (dryRun && !letters.endsWith('d'));
		} else if (/^\$|^\$\{|^\$@/.test(word) && untagged === 'no') {
			untagged = 'unclear';
		}
	}

	return {untagged, dryRun};
}
