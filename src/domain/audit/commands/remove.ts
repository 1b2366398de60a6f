import type {Risk} from '../risk.ts';
import type {Job} from './jobs.ts';
import {isTalk} from './shell.ts';

/** Something that removes what the registry's store is made of, behind the registry's back or by digest. */
export type Removal = {at: number; line: string; what: 'revisions' | 'tags' | 'layers' | 'over-http'};

/** At most one for each job and kind of place: the first is evidence enough. */
export function removalsIn(job: Job): Removal[] {
	const acting = job.filter(({argv}) => !isTalk(argv));
	const names = job.find(({argv}) => /\/?_manifests\b|\/?_layers\b/.test(argv.join(' ')));
	const found: Removal[] = [];

	for (const {argv, at, line} of acting) {
		const text = argv.join(' ');
		if (deletesOverHttp(text)) {
			found.push({at, line, what: 'over-http'});
		} else if (removes(argv)) {
			const place =
				placeIn(text) ?? (names !== undefined && removesMuch(argv) ? placeIn(names.argv.join(' ')) : undefined);
			if (place !== undefined) {
				found.push({at, line, what: place});
			}
		}
	}

	return [...new Map(found.map(removal => [removal.what, removal])).values()];
}

export const removalMeanings: Record<Removal['what'], Pick<Risk, 'kind' | 'severity' | 'why' | 'advice'>> = {
	revisions: {
		kind: 'removes-links',
		severity: 'will-break',
		why: 'A revision without a tag may be a child of an index: without its link the registry answers 404 for it.',
		advice: 'Delete tags over the registry’s own API, and never a revision that an index names.',
	},
	tags: {
		kind: 'removes-links',
		severity: 'may-break',
		why: 'Tags that vanish on the disk leave manifests without a tag, and the registry is not told.',
		advice: 'Delete by digest over the API, after asking the registry which tags and indexes need it.',
	},
	layers: {
		kind: 'removes-links',
		severity: 'may-break',
		why: 'Without its layer link a repository does not serve the blob, though the data is on disk.',
		advice: 'Leave _layers alone: a garbage collection without -m removes what nothing needs.',
	},
	'over-http': {
		kind: 'deletes-by-digest',
		severity: 'may-break',
		why: 'The registry is open for deletes, and the children of an index look like untagged versions.',
		advice: 'Resolve every tag to its index and children first, and delete only what none of them names.',
	},
};

function placeIn(text: string): Removal['what'] | undefined {
	if (/_layers\b/.test(text)) {
		return 'layers';
	}

	return /_manifests\b/.test(text) ? (/\brevisions\b/.test(text) ? 'revisions' : 'tags') : undefined;
}

function removes(argv: readonly string[]): boolean {
	const text = argv.join(' ');
	return isRm(argv) || /\s-delete\b/.test(text) || isCall(text);
}

/** Where the place stands in another line: not a file or two of its own, below /tmp. */
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
