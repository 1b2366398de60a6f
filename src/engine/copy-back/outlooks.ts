import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {badIn} from '../../domain/plan/bad-data.ts';
import {settledByRelink} from '../../domain/plan/rows.ts';
import {type CopyBackOutlook, onceMovedAside, weighCopyBack} from '../../domain/remedy/copy-back.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import {readUsage} from '../plan/read-usage.ts';
import type {Clock} from '../ports/clock.ts';
import type {Source} from '../ports/source.ts';
import type {UsageReader} from '../ports/usage.ts';
import {knownDigest, type Lacking, type Named, nameOf, type Recorded} from './name-of.ts';
import {type SurveyOptions, surveyCopyBack} from './survey.ts';

type OutlookOptions = SurveyOptions & Recorded;

const tagsAtOnce = 4;

/**
 * Asks every source what each image lacks, for all of them together. Only reads.
 * @param whyKept why bad data cannot be moved aside before, in the same plan; undefined: it can
 * @returns one for each image, in their order; where nothing could be asked, that is what it says
 */
export async function copyBackOutlooks(
	images: readonly Lacking[],
	{whyKept, ...options}: OutlookOptions & {whyKept?: string},
): Promise<CopyBackOutlook[]> {
	const outlooks = new Map<Lacking, CopyBackOutlook>();
	const named = new Map<Lacking, Named>();
	const queue = [...images];
	await forEachConcurrently(
		() => queue.shift(),
		tagsAtOnce,
		async each => {
			const found = await nameOf(each, options);
			if ('outlook' in found) {
				outlooks.set(each, found.outlook);
			} else {
				named.set(each, found);
			}
		},
	);

	try {
		const tops = [...named].map(([{image}, {digest}]) => ({repository: image.repository, digest}));
		const corrupt = new Set(images.flatMap(({findings}) => findings.flatMap(badIn)));
		const surveys = await surveyCopyBack(tops, {...options, corrupt});
		for (const [at, [each, {witnesses, silent, retag}]] of [...named].entries()) {
			const movable = new Set(whyKept === undefined ? each.findings.flatMap(badIn) : []);
			const survey = {...surveys[at]!, silent: [...surveys[at]!.silent, ...silent]};
			const asides = survey.parts.filter(({where, digest}) => where === 'in-the-way' && movable.has(digest));
			outlooks.set(each, {
				...weighCopyBack(onceMovedAside(survey, movable), witnesses, whyKept),
				...(retag && {retag}),
				...(asides.length > 0 && {asides: asides.map(({digest}) => digest)}),
			});
		}
	} catch (error) {
		options.signal.throwIfAborted();
		const why = `It is not known what the sources hold. ${asOperatorError(error).message}`;
		return images.map(each => outlooks.get(each) ?? {possible: false, why, bytes: 0});
	}

	return images.map(each => outlooks.get(each)!);
}

type OneOptions = Omit<OutlookOptions, 'sources' | 'usage'> & {
	sources?: readonly Source[];
	/** Asked only where its tag names nothing. */
	usage?: UsageReader;
	clock: Clock;
};

/** Of one image. Undefined: no source is configured, or nothing has to be copied back. */
export async function copyBackOutlookOf(
	image: DamagedImage | undefined,
	findings: readonly Finding[],
	{sources, usage: reader, clock, ...world}: OneOptions,
): Promise<CopyBackOutlook | undefined> {
	if (image === undefined || sources === undefined || settledByRelink(findings)) {
		return undefined;
	}

	const isKnown = knownDigest({image, findings}) !== undefined;
	const usage = isKnown ? undefined : await readUsage(reader, {clock, signal: world.signal});
	const [outlook] = await copyBackOutlooks([{image, findings}], {...world, sources, usage, whyKept: ''});
	return outlook;
}
