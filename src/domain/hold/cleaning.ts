import type {Job} from '../audit/commands/jobs.ts';
import {jobsOf} from '../audit/commands/jobs.ts';
import {isHarmless, type ShellCommand} from '../audit/commands/shell.ts';
import {collects} from '../audit/hazards/garbage-collection.ts';
import {removalsIn} from '../audit/hazards/removals.ts';
import {collectedBy} from '../audit/hazards/stale-cache.ts';
import type {MaintenanceFile} from '../audit/maintenance.ts';
import type {ConfiguredRegistry} from '../audit/registries/registry-settings.ts';
import {mayServe} from '../audit/registries/serving-store.ts';
import type {CleanerKind} from './cleaner-kind.ts';

/** The store that is looked at, and the registries of its host. */
export type StoreOnHost = {store: string | undefined; registries: readonly ConfiguredRegistry[]};

/** What a job takes out of this store, or may: the first command that does. */
export function cleaningIn(job: Job, host: StoreOnHost): CleanerKind | undefined {
	if (job.some(({argv}) => collects(argv) && mayCollect(argv, host))) {
		return 'collection';
	}

	const [removal] = namesOtherStore(job, host.store) ? [] : removalsIn(job);
	return removal && (removal.target === 'layers' ? 'layer-checker' : 'tag-cleaner');
}

/** A collection that names a registry of another store has nothing to do with this one. */
function mayCollect(argv: readonly string[], {store, registries}: StoreOnHost): boolean {
	const named = collectedBy(argv, {registries, store});
	return named.length === 0 || named.some(registry => mayServe(registry, store));
}

const layout = /(\/[^\s"'=:;]*?)\/docker\/registry\/v2\b/g;

function namesOtherStore(job: Job, store: string | undefined): boolean {
	const named = job.flatMap(({argv}) => [...argv.join(' ').matchAll(layout)].map(([, folder]) => folder!));
	return store !== undefined && named.length > 0 && !named.includes(store.replace(/\/docker\/registry\/v2\/?$/, ''));
}

/** The scripts of a host that clean this store, and those that start one that does, by path. */
export function cleanerScripts(files: readonly MaintenanceFile[], host: StoreOnHost): Map<string, CleanerKind> {
	const scripts = files.filter(({kind}) => kind === 'script').map(file => ({path: file.path, jobs: jobsOf(file)}));
	const found = new Map<string, CleanerKind>();
	for (let size = -1; size < found.size; ) {
		size = found.size;
		for (const {path, jobs} of scripts) {
			const kind = jobs.map(job => cleaningIn(job, host) ?? startedBy(job, found)).find(each => each !== undefined);
			if (kind !== undefined && !found.has(path)) {
				found.set(path, kind);
			}
		}
	}

	return found;
}

/** What is started by its path: `/opt/gc.sh`, `cd /opt && ./gc.sh`, and the folder of run-parts. */
export function startedBy(
	commands: readonly ShellCommand[],
	found: ReadonlyMap<string, CleanerKind>,
): CleanerKind | undefined {
	const acting = commands.filter(({argv}) => !isHarmless(argv));
	const words = acting.flatMap(({argv}) => argv.flatMap(word => word.split(/[\s;&|()]+/)));
	const folders = words.filter((_, n) => words[n - 1] === 'cd');
	const paths = new Set([
		...words,
		...words.filter(word => word.startsWith('./')).flatMap(word => folders.map(folder => `${folder}/${word.slice(2)}`)),
	]);
	const runParts = words.includes('run-parts') || words.some(word => word.endsWith('/run-parts'));
	for (const [path, kind] of found) {
		if (paths.has(path) || (runParts && paths.has(path.slice(0, path.lastIndexOf('/'))))) {
			return kind;
		}
	}

	return undefined;
}
