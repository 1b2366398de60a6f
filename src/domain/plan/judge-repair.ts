import type {DamagedImage} from '../damage/damaged-image.ts';
import type {ImageCheck, Verdict} from '../image/verdict.ts';
import type {PlannedImage} from '../incident/planned-images.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';
import {remedyOfPage} from '../runbook/runbook.ts';
import {count} from '../text/wording.ts';
import {judgeLeft, type LeftNow} from './judge-left.ts';

/** An image that was damaged, as it is now. `check`: absent where nothing was done about it. */
export type Repaired = {
	image: PlannedImage;
	check?: ImageCheck;
	said?: string;
	reference?: string;
	/** Null: it could not be compared. */
	comparedToOriginal?: Comparison | null;
	/** Of one that was to be removed: whether the registry has neither it nor its tags any more. */
	isGone?: boolean;
	/** Of one that was left and is not damaged any more. */
	leftNow?: LeftNow;
};

type Now = {images: readonly DamagedImage[]; gaps: readonly string[]; trouble?: string};

type JudgedImage = {
	id: string;
	title: string;
	/** `removed`: it was removed as planned, or somebody else deleted it, and it is gone with its tags. */
	verdict: Verdict | 'removed';
	/** Absent: it was left. */
	remedy?: string;
	/** Of one that was left: the tags that somebody deleted. */
	gone?: string[];
	/** Its plan put it off to the next one, and it is still damaged. */
	putOff?: true;
	comparedToOriginal?: Comparison | null;
	say: string;
};

type Judged = {
	outcome: 'intact' | 'left' | 'broken' | 'unknown';
	verdict: Verdict;
	images: JudgedImage[];
	fresh: {id: string; title: string; say: string}[];
	gaps: string[];
	followUps: string[];
	say: string;
};

/**
 * What a repair has come to: each image by its own check, by what the disk and every tag say now, and beside what it was. It is
 * intact only where no other damage is known.
 */
export function judgeRepair(
	looked: readonly Repaired[],
	now: Now,
	titleOf: (image: Pick<DamagedImage, 'repository' | 'tags' | 'digest'>) => string,
): Judged {
	const judged = looked.map(each => putOffIn(judgeImage(each, now, titleOf(each.image.damaged)), each.image));
	const images = judged.map(({gone: _, ...image}) => image);
	const known = looked.map(({image}) => image.damaged);
	const fresh = now.images
		.filter(image => !known.some(each => isOf(each, image)))
		.map(image => ({
			id: image.id,
			title: titleOf(image),
			say: `${image.findings.join(', ')}; it was not damaged before.`,
		}));
	const gaps = [...(now.trouble === undefined ? [] : [now.trouble]), ...now.gaps];

	const later = images.filter(({putOff}) => putOff);
	const planned = images.filter(({remedy, putOff}) => remedy !== undefined && !putOff);
	const left = images.filter(({remedy, verdict, putOff}) => remedy === undefined && verdict === 'broken' && !putOff);
	const deleted = judged.filter(({gone = [], putOff}) => gone.length > 0 && !putOff);
	const intact = planned.filter(({verdict}) => verdict === 'intact');
	const removed = planned.filter(({verdict}) => verdict === 'removed');
	const broken = planned.filter(({verdict}) => verdict === 'broken');
	const isUnknown = gaps.length > 0 || images.some(({verdict, putOff}) => verdict === 'unknown' && !putOff);
	const outcome =
		broken.length > 0 || fresh.length > 0
			? 'broken'
			: isUnknown
				? 'unknown'
				: later.length > 0
					? 'broken'
					: left.length > 0
						? 'left'
						: 'intact';
	const lost = images.flatMap(({title, comparedToOriginal}) => sayLost(title, comparedToOriginal));
	const tally = [
		...(fresh.length > 0 ? [`${fresh.length} new: ${names(fresh)}`] : []),
		...(intact.length > 0 || removed.length < planned.length
			? [`${intact.length} of ${planned.length} planned intact`]
			: []),
		...(removed.length > 0 ? [`${removed.length} removed as planned`] : []),
		...(broken.length > 0 ? [`still damaged: ${names(broken)}`] : []),
		...(later.length > 0 ? [`${later.length} put off to the next plan: ${names(later)}`] : []),
		...(left.length > 0 ? [`${left.length} left: ${names(left)}`] : []),
		...(deleted.length > 0 ? [`${deleted.length} left, with tags that somebody deleted: ${names(deleted)}`] : []),
	].join('; ');

	return {
		outcome,
		verdict: outcome === 'left' ? 'broken' : outcome,
		images,
		fresh,
		gaps,
		followUps: [
			...fresh.map(({title}) => `${title} is damaged, and was not before: respond to it.`),
			...[...broken, ...later, ...left].map(({title, say}) => `${title} is still damaged: respond to it again. ${say}`),
			...deleted.map(({title, say}) => `${title}: find out whether its tags are still wanted. ${say}`),
			...lost.map(({followUp}) => followUp),
			...stopgaps(planned),
		],
		say: [
			`${tally}.`,
			...lost.map(({said}) => said),
			...(gaps.length > 0 ? [`Not everything could be checked (${count(gaps.length, 'gap')}): ${gaps[0]}`] : []),
		].join(' '),
	};
}

function judgeImage(
	{image, check, said, comparedToOriginal, isGone, leftNow}: Repaired,
	now: Now,
	title: string,
): JudgedImage {
	const {damaged, item} = image;
	const still = stillIn(damaged, now);
	const known = {id: damaged.id, title};
	if (item === undefined) {
		return still === undefined
			? {...known, ...judgeLeft(damaged, leftNow)}
			: {...known, verdict: 'broken', say: `Left: ${still.findings.join(', ')}.`};
	}

	const {remedy, outcome} = item;
	const how = `${remedy}, ${outcome}.`;
	// What can be pulled may come from the memory of the registry alone.
	if (still !== undefined) {
		const why =
			check?.verdict === 'intact' ? 'It can be pulled now, and the disk lacks a part of it' : 'It is still damaged';
		return {...known, remedy, verdict: 'broken', say: `${how} ${why}: ${still.findings.join(', ')}.`};
	}

	if (isGone === true) {
		return {...known, remedy, verdict: 'removed', say: `${how} The registry has it no more.`};
	}

	return {
		...known,
		remedy,
		verdict: check?.verdict ?? 'unknown',
		...(comparedToOriginal !== undefined && {comparedToOriginal}),
		say: `${how} ${said ?? ''}`.trim(),
	};
}

/** What is found damaged now that is the same image. */
export function stillIn(damaged: DamagedImage, {images}: Pick<Now, 'images'>): DamagedImage | undefined {
	return images.find(image => isOf(damaged, image));
}

/** What was put off and is whole meanwhile waits for nothing. */
function putOffIn(judged: JudgedImage, {putOff, item}: PlannedImage): JudgedImage {
	if (!putOff || judged.verdict === 'intact' || judged.verdict === 'removed') {
		return judged;
	}

	return {...judged, putOff, ...(item === undefined && {say: judged.say.replace(/^Left:/, 'Put off:')})};
}

/** A tag that names a damaged image is the same row, whatever digest a repair gave it. */
function isOf(known: DamagedImage, image: DamagedImage): boolean {
	return (
		known.repository === image.repository &&
		((known.digest !== undefined && known.digest === image.digest) || known.tags.some(tag => image.tags.includes(tag)))
	);
}

function sayLost(title: string, comparison: Comparison | null | undefined): {said: string; followUp: string}[] {
	const {platforms, tags} = comparison ?? {platforms: {lost: []}, tags: {lost: []}};
	return [
		...platforms.lost.map(platform => ({
			said: `${title} has lost ${platform}.`,
			followUp: `Build ${title} for ${platform} again: the repair left it out.`,
		})),
		...(tags.lost.length === 0
			? []
			: [
					{
						said: `${tags.lost.join(', ')} of ${title} ${tags.lost.length === 1 ? 'does' : 'do'} not name the repaired image.`,
						followUp: `${title}: decide what ${tags.lost.join(', ')} should name; the repair did not write ${tags.lost.length === 1 ? 'it, or somebody deleted it' : 'them, or somebody deleted them'} since.`,
					},
				]),
	];
}

function stopgaps(images: readonly JudgedImage[]): string[] {
	return images
		.filter(({remedy, verdict}) => remedyOfPage(remedy ?? '') === 're-point' && verdict === 'intact')
		.map(({title}) => `${title} names another image for now: rebuild it.`);
}

function names(images: readonly {title: string}[]): string {
	const most = 5;
	const more = images.length > most ? ` and ${images.length - most} more` : '';
	return `${images
		.slice(0, most)
		.map(({title}) => title)
		.join('; ')}${more}`;
}
