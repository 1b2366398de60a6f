import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {type DamagedRow, settledByRelink} from '../../domain/plan/rows.ts';
import {knownDigest} from '../copy-back/name-of.ts';
import {copyBackOutlooks} from '../copy-back/outlooks.ts';
import {readPast} from '../scan/read-past.ts';
import type {Preparing} from './prepare-row.ts';
import type {KnownUsage} from './read-usage.ts';

type SourcesOptions = Preparing & {
	/** Why bad data cannot be moved aside by the same plan. Undefined: it can. */
	whyKept?: string;
	/** Which images are used. */
	usage?: KnownUsage | undefined;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/** Asks the sources what the images lack: for all of them at once. */
export async function withSources(
	rows: readonly DamagedRow[],
	{host, of, signal, whyKept, usage, onProgress = () => {}}: SourcesOptions,
): Promise<DamagedRow[]> {
	const lacking = rows.filter(
		({findings, settings}) =>
			settings.sources !== undefined &&
			!settledByRelink(findings) &&
			// Without a disk there are none.
			(findings.length === 0 || findings.some(({kind}) => kind !== 'tag-set-back' && kind !== 'answers-differ')),
	);
	const [first] = lacking;
	const {registry, storage, sources, inventory} = first ? of(referenceTo(first.image, host)).ports : {};
	if (registry === undefined || sources === undefined) {
		return [...rows];
	}

	onProgress({label: 'asking the sources', done: 0, total: lacking.length});
	const past = lacking.some(row => knownDigest(row) === undefined) ? await readPast(inventory) : undefined;
	const outlooks = await copyBackOutlooks(lacking, {
		registry,
		sources,
		signal,
		...defined({storage, whyKept, past, usage}),
	});
	const found = new Map(lacking.map((row, at) => [row, outlooks[at]!]));
	return rows.map(row => ({...row, ...defined({copyBack: found.get(row)})}));
}
