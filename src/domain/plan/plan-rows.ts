import type {DamagedImage} from '../damage/damaged-image.ts';
import {lackingPaths} from '../damage/lacking-paths.ts';
import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {formatReference, type ImageReference} from '../image/reference.ts';
import {canRelink} from '../remedy/relink-steps.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {sayUsers} from '../usage/say-use.ts';
import {toRefetch} from './cache-remedies.ts';
import {type DataRow, rowOfAside, rowOfBack, type WeighedAside} from './data-rows.ts';
import {byNeed, isFirst} from './items.ts';
import {type Plan, type PlanImage, type PlanRemedy, storingRemedies} from './plan.ts';
import {otherRepoints, siblingReference} from './plan-siblings.ts';
import {asideRow, restartRow} from './row-id.ts';
import {titleOf} from './row-title.ts';
import type {DamagedRow} from './rows.ts';
import {isUsed} from './used.ts';

/** One row of a plan step, with what each of its remedies is given. */
type RepairRow = {
	id: string;
	title: string;
	recommended: PlanRemedy;
	/** `values`: what stands for those of the row where this remedy is chosen. */
	remedies: {
		remedy: PlanRemedy | `re-point:${string}`;
		possible: boolean;
		why: string;
		after?: string[];
		values?: {to: string};
	}[];
	after: string[];
	/** Of the restart: the bad data that is moved aside. */
	waitsFor?: string[];
	/** The first of what was found. Absent of the restart. */
	cause?: string;
	/** True: a pipeline or a workload needs it, or it was reported. Absent: no use is known. */
	used?: boolean;
	/** What uses it, a sentence each, as far as somebody looked. */
	users?: string[];
	/** The reference that it is reached by: one of its tags, or its digest. */
	image: string;
	/** What it is now: what was approved holds only for this. Absent of the restart. */
	damaged?: DamagedImage;
	/** Those that a relink mends. */
	findings?: Finding[];
	/** The files that it lacks on the disk. */
	lacks?: string[];
	/** All of its tags. */
	tags?: string[];
	/** Of the restart: when the disk was read, in seconds since 1970 by the clock of the host. */
	since?: number;
	/** What a copy-back brings back: its digest, and the tags that have to be set to it. */
	top?: Digest;
	retag?: string[];
	/** The bad data that is moved aside before a copy-back. */
	asides?: Digest[];
	/** What a pull-through cache fetches anew, and how many of it are manifests. */
	refetch?: {digests: Digest[]; pulls: number};
	/** The whole image that its tags can be pointed to. */
	to?: string;
};

type Repair = {
	document: Pick<Plan, 'images' | 'items' | 'usage'>;
	rows: readonly DamagedRow[];
	restarts: boolean;
	asides?: readonly WeighedAside[];
	/** What this incident has moved aside before, and nothing has replaced. */
	backs?: readonly {digest: Digest; size: number}[];
};

type RowOptions = {
	host: string;
	/** When the disk was read, in seconds since 1970 by the clock of the host. */
	taken?: number;
	/** The reference by which a damaged image is asked for. */
	referenceTo: (image: DamagedImage, host: string) => ImageReference;
};

/**
 * The rows of a plan step, in the order in which they are done, whatever a person chooses: what only stores manifests again, the bad
 * data that is moved aside, the restart, the rest; what others may need above those.
 */
export function planRows(
	{document: {images, items, usage}, rows, restarts, asides = [], backs = []}: Repair,
	{host, taken, referenceTo}: RowOptions,
): (RepairRow | DataRow)[] {
	const firsts = new Set(items.filter(isFirst).map(({image}) => image));
	const restart = items.find(({remedy}) => remedy === 'restart');
	const hasRestart = restart !== undefined || (restarts && images.some(({id}) => !firsts.has(id)));
	const early = hasRestart ? firsts : new Set<string | null>();
	const idsIn = (repositories: readonly string[]) =>
		images.filter(({repository}) => repositories.includes(repository)).map(({id}) => id);
	// What a build without CI starts from is known of those for which it was prepared.
	const basesOf = (id: string) => {
		const item = items.find(each => each.image === id && each.remedy === 'rebuild-fallback');
		return items.flatMap(each => (each.image !== null && item?.after.includes(each.id) ? [each.image] : []));
	};
	const all = images.map((image, n) => ({
		image: image.id,
		bases: basesOf(image.id),
		needs: idsIn([...rows[n]!.settings.runsIn, ...(rows[n]!.settings.from ?? [])]).filter(id => id !== image.id),
		declared: idsIn(rows[n]!.settings.from ?? []),
		row: rowOf(image, rows[n]!, {host, referenceTo, usage}),
	}));
	const first = all.filter(({image}) => early.has(image));
	const later = byNeed(
		all
			.filter(({image}) => !early.has(image))
			.map(each => ({...each, needs: [...each.needs, ...each.bases], forBuild: each.needs})),
	);
	const above = new Set(first.map(({image}) => image));
	const referenceOf = (id: string | undefined) => all.find(({image}) => image === id)?.row.image ?? all[0]!.row.image;
	const movedFor = (id: string) => asides.filter(each => each.images.includes(id)).map(({digest}) => asideRow(digest));

	return [
		...first.map(({row}) => onlyRelinked(row)),
		...asides.map(each => rowOfAside(each, referenceOf(each.images[0]))),
		...(hasRestart
			? [
					rowOfRestart(
						restart !== undefined,
						[...early].filter(id => id !== null),
						first[0] ?? later[0]!,
						{taken, asides},
					),
				]
			: []),
		...later.map(({image, forBuild, declared, bases, row}) => {
			const waits: Partial<Record<string, string[]>> = {
				'rebuild-ci': forBuild.filter(need => above.has(need)),
				'rebuild-command': forBuild.filter(need => above.has(need)),
				'rebuild-fallback': [...new Set([...bases, ...declared])].filter(need => above.has(need)),
			};
			above.add(image);
			return {
				...row,
				after: hasRestart ? [restartRow] : [],
				remedies: row.remedies.map(each => {
					const before = [...(storingRemedies.has(each.remedy) ? movedFor(image) : []), ...(waits[each.remedy] ?? [])];
					return before.length > 0 ? {...each, after: before} : each;
				}),
			};
		}),
		...(all.length === 0 ? [] : backs.map(each => rowOfBack(each, referenceOf(undefined)))),
	];
}

function rowOf(
	planned: PlanImage,
	{findings, siblings, copyBack, need, image: damaged}: DamagedRow,
	{host, referenceTo, usage}: RowOptions & {usage: Plan['usage']},
): RepairRow {
	const {id, repository, tags, digest, recommended, remedies, usedBy, ...image} = planned;
	const [sibling] = siblings;
	return {
		id,
		title: titleOf({repository, tags, ...defined({digest})}),
		// The one restart repairs it, with all others.
		recommended: recommended === 'restart' ? 'leave' : recommended,
		remedies: remedies.flatMap((each): RepairRow['remedies'] =>
			each.remedy === 'restart'
				? [{...each, possible: false, why: 'The restart of the registry repairs it: it is a row of its own.'}]
				: each.remedy === 're-point'
					? [each, ...otherRepoints(planned, host)]
					: [each],
		),
		after: [],
		...defined({cause: image.findings[0]}),
		...defined({used: isUsed({need, usedBy}, usage), users: sayUsers(usedBy, usage)}),
		image: formatReference(referenceTo(damaged, host)),
		damaged: {
			id,
			repository,
			tags,
			...defined({digest, since: image.since}),
			platforms: image.platforms,
			findings: image.findings,
		},
		findings: findings.filter(canRelink),
		lacks: lackingPaths(findings),
		refetch: toRefetch(findings),
		tags,
		...defined({top: copyBack?.top, retag: copyBack?.retag, asides: copyBack?.asides}),
		...defined({to: sibling && siblingReference(sibling, {host, repository})}),
	};
}

/** Whatever is pushed has to wait for the restart, which waits for this. */
function onlyRelinked(row: RepairRow): RepairRow {
	return {
		...row,
		remedies: row.remedies.flatMap((each): RepairRow['remedies'] =>
			each.values
				? []
				: each.remedy === 'relink' || each.remedy === 'leave'
					? [each]
					: [
							{
								...each,
								possible: false,
								why: 'It is linked again before the restart; anything else has to wait until after it.',
							},
						],
		),
	};
}

function rowOfRestart(
	isNeeded: boolean,
	after: string[],
	{row: {image}}: {row: RepairRow},
	{taken, asides}: {taken: number | undefined; asides: readonly WeighedAside[]},
): RepairRow {
	return {
		id: restartRow,
		title: 'the registry itself',
		recommended: isNeeded ? 'restart' : 'leave',
		remedies: [
			{
				remedy: 'restart',
				possible: true,
				why: asides.some(({isChosen}) => isChosen)
					? 'It remembers the data that is moved aside: what is pushed before a restart is lost with a 201.'
					: isNeeded
						? 'It may answer from memory for what its disk has lost: what is pushed before a restart is lost with a 201.'
						: 'Only what is pushed needs it: restart it if you choose a rebuild or another image for a row below.',
			},
		],
		after,
		image,
		...(asides.length > 0 && {waitsFor: asides.map(({digest}) => asideRow(digest))}),
		// One that was restarted before the data was moved remembers it.
		...defined({since: asides.length > 0 ? undefined : taken}),
	};
}
