import type {Job} from '../commands/jobs.ts';
import {isHarmless, type ShellCommand, shellCommands} from '../commands/shell.ts';
import {evidence, type Hazard} from '../hazard.ts';
import type {RegistrySettings, Setting} from '../registry-settings.ts';

/**
 * Collections that break images, now or together with a push or a cache.
 * @param affected whether a registry 2.x runs here; undefined where its version is not known
 * @see distribution docs, garbage-collection.md: a push during the collection loses its layers
 */
export function collectionHazards(
	job: Job,
	{file, settings: {cache}, affected}: {file: string; settings: RegistrySettings; affected: boolean | undefined},
): Hazard[] {
	return collectionsIn(job)
		.filter(({dryRun}) => !dryRun)
		.flatMap(collection => {
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
								why: 'A push during its run can lose layers: nothing stops the registry or makes it read-only.',
								advice: 'Stop the registry or make it read-only meanwhile, and restart it afterwards.',
							} as const,
						]),
				...(collection.restarted || cache[0] === undefined ? [] : [{...where, ...staleCacheHazard(cache[0])}]),
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

/** @see distribution/distribution#4525: the cache of a running registry is not told what a collection removed */
function staleCacheHazard({file, line, value}: Setting): Pick<Hazard, 'kind' | 'severity' | 'why' | 'advice'> {
	return {
		kind: 'stale-cache',
		severity: 'may-break',
		why: `The registry caches blob descriptors (${value}; ${file}: ${evidence(line)}) and is not restarted: it still reports blobs that are gone, and pushes skip them.`,
		advice:
			value === 'redis'
				? 'After each collection, restart the registry and delete blobs::* and repository::* from redis.'
				: 'Restart the registry after each collection.',
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
	/** The registry is restarted afterwards, which empties its cache. */
	restarted: boolean;
};

function collectionsIn(job: Job): Collection[] {
	return job.flatMap((command, n) => {
		const before = job.slice(0, n).some(stops);
		const after = job.slice(n + 1);
		return flagsOf(command.argv).map(flags => ({
			at: command.at,
			line: command.line,
			...flags,
			guarded: before,
			restarted: after.some(restarts) || (before && after.some(starts)),
		}));
	});
}

type Flags = Pick<Collection, 'untagged' | 'dryRun'>;

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
function readFlags(words: readonly string[]): Flags {
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

const runners =
	/(?:^|\/)(?:docker|docker-compose|podman|podman-compose|nerdctl|systemctl|service|rc-service|supervisorctl)$/;
const bystanders = /^(?:nginx|traefik|caddy|haproxy|cron|crond)(?:\.service)?$/;

function does({argv}: ShellCommand, verbs: RegExp): boolean {
	return (
		argv.some(word => runners.test(word)) &&
		argv.some(word => verbs.test(word)) &&
		!argv.some(word => bystanders.test(word))
	);
}

function stops(command: ShellCommand): boolean {
	return does(command, /^(?:stop|down|pause|kill)$/) || command.argv.some(word => /read-?only/i.test(word));
}

function starts(command: ShellCommand): boolean {
	return does(command, /^(?:start|up)$/);
}

function restarts(command: ShellCommand): boolean {
	return does(command, /^(?:restart|force-recreate|--force-recreate)$/);
}
