import type {Job} from '../commands/jobs.ts';
import {isHarmless} from '../commands/shell.ts';
import {evidence, type Hazard} from '../hazard.ts';
import type {RegistrySettings} from '../registries/registry-settings.ts';

/** Removes links of the registry's store without the registry's knowledge, or manifests by digest. */
type Removal = {at: number; line: string; target: 'revisions' | 'tags' | 'layers' | 'over-http'};

export function removalHazards(job: Job, {file, settings}: {file: string; settings: RegistrySettings}): Hazard[] {
	return removalsIn(job)
		.filter(({target}) => target !== 'over-http' || settings.deletes.length > 0)
		.map(({at, line, target}) => ({...meanings[target], file, at, line: evidence(line)}));
}

/** The first line of a job that deletes manifests over HTTP. */
export function deletionIn(job: Job): Pick<Hazard, 'at' | 'line'> | undefined {
	const found = removalsIn(job).find(({target}) => target === 'over-http');
	return found && {at: found.at, line: evidence(found.line)};
}

const meanings: Record<Removal['target'], Pick<Hazard, 'kind' | 'severity' | 'why' | 'advice'>> = {
	revisions: {
		kind: 'removes-links',
		severity: 'will-break',
		why: 'A revision without a tag may be a child of an index: without its link the registry answers 404 for it.',
		advice: 'Delete tags over the registry’s own API, and never a revision that an index references.',
	},
	tags: {
		kind: 'removes-links',
		severity: 'may-break',
		why: 'Tags that are deleted on the disk leave manifests without a tag, and the registry does not notice.',
		advice: 'Delete by digest over the API, after checking which tags and indexes need it.',
	},
	layers: {
		kind: 'removes-links',
		severity: 'may-break',
		why: 'Without its layer link a repository does not serve the blob, though the data is on disk.',
		advice: 'Do not touch _layers: a garbage collection without -m removes what nothing needs.',
	},
	'over-http': {
		kind: 'deletes-by-digest',
		severity: 'may-break',
		why: 'The registry allows deletes, and the children of an index look like untagged versions.',
		advice: 'Resolve every tag to its index and children first, and delete only what none of them references.',
	},
};

/** At most one a job and target: the first is evidence enough. */
export function removalsIn(job: Job): Removal[] {
	const acting = job.filter(({argv}) => !isHarmless(argv));
	const names = job.find(({argv}) => /\/?_manifests\b|\/?_layers\b/.test(argv.join(' ')));
	const found: Removal[] = [];

	for (const {argv, at, line} of acting) {
		const text = argv.join(' ');
		if (deletesOverHttp(text)) {
			found.push({at, line, target: 'over-http'});
		} else if (removes(argv)) {
			const target =
				targetIn(text) ?? (names !== undefined && removesMuch(argv) ? targetIn(names.argv.join(' ')) : undefined);
			if (target !== undefined) {
				found.push({at, line, target});
			}
		}
	}

	return [...new Map(found.map(removal => [removal.target, removal])).values()];
}

function targetIn(text: string): Removal['target'] | undefined {
	if (/_layers\b/.test(text)) {
		return 'layers';
	}

	return /_manifests\b/.test(text) ? (/\brevisions\b/.test(text) ? 'revisions' : 'tags') : undefined;
}

function removes(argv: readonly string[]): boolean {
	const text = argv.join(' ');
	return isRm(argv) || /\s-delete\b/.test(text) || isCall(text);
}

/** Where the target is named in another line: a removal of many files, and not of the job's own below /tmp. */
function removesMuch(argv: readonly string[]): boolean {
	const text = argv.join(' ');
	const isRecursive = argv.some(word => /^-[a-zA-Z]*[rR]/.test(word) || word === '--recursive');
	return (
		!/\s["']?\/(?:var\/)?tmp\//.test(text) &&
		((isRm(argv) && (isRecursive || argv.includes('xargs'))) || /\s-delete\b/.test(text) || isCall(text))
	);
}

function isRm(argv: readonly string[]): boolean {
	return argv.some(word => /^(?:.*\/)?(?:rm|rmdir|unlink)$/.test(word));
}

function isCall(text: string): boolean {
	return /\b(?:shutil\.rmtree|os\.(?:remove|unlink|rmdir)|\.unlink|FileUtils\.rm_rf?|fs\.(?:rm|rmSync|unlink|unlinkSync))\b/.test(
		text,
	);
}

function deletesOverHttp(text: string): boolean {
	return (
		(/-X\s*DELETE|--request[ =]DELETE|\bDELETE\b.*requests?\b|requests\.delete/.test(text) &&
			/\/manifests\//.test(text)) ||
		/\b(?:crane|skopeo)\s+delete\b|\bregctl\s+(?:tag|manifest|image)\s+(?:rm|delete)\b|\breg\s+rm\b/.test(text)
	);
}
