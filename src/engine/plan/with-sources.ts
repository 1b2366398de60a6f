import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {type DamagedRow, settledByRelink} from '../../domain/plan/rows.ts';
import {copyBackOutlooks} from '../copy-back/outlooks.ts';
import type {Preparing} from './prepare-row.ts';

type SourcesOptions = Preparing & {
	/** Why bad data cannot be moved aside by the same plan. Undefined: it can. */
	whyKept?: string;
	onProgress?: (progress: {label: string; done: number; total: number}) => void;
};

/** Asks the sources what the images lack: for all of them at once. */
export async function withSources(
	rows: readonly DamagedRow[],
	{host, of, signal, whyKept, onProgress = () => {}}: SourcesOptions,
): Promise<DamagedRow[]> {
	const lacking = rows.filter(
		({findings, settings}) =>
			settings.sources !== undefined &&
			!settledByRelink(findings) &&
			// Without a disk there are none.
			(findings.length === 0 || findings.some(({kind}) => kind !== 'tag-set-back' && kind !== 'answers-differ')),
	);
	const [first] = lacking;
	const {registry, storage, sources} = first ? of(referenceTo(first.image, host)).ports : {};
	if (registry === undefined || sources === undefined) {
		return [...rows];
	}

	onProgress({label: 'asking the sources', done: 0, total: lacking.length});
	const outlooks = await copyBackOutlooks(lacking, {
		registry,
		sources,
		signal,
		...defined({storage, whyKept}),
	});
	const found = new Map(lacking.map((row, at) => [row, outlooks[at]!]));
	return rows.map(row => ({...row, ...defined({copyBack: found.get(row)})}));
}
