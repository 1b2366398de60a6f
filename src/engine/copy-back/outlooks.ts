import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {badIn} from '../../domain/plan/bad-data.ts';
import {settledByRelink} from '../../domain/plan/rows.ts';
import {
	type CopyBackOutlook,
	onceMovedAside,
	type Witness,
	weighCopyBack,
	weighWitnesses,
} from '../../domain/remedy/copy-back.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Source} from '../ports/source.ts';
import {createAsking} from './ask-sources.ts';
import {type SurveyOptions, surveyCopyBack} from './survey.ts';

/** A damaged image with the findings of it alone. */
type Lacking = {image: DamagedImage; findings: readonly Finding[]};

type Named = {digest: Digest; witnesses: Witness[]; retag?: string[]};

const tagsAtOnce = 4;

/**
 * Asks every source what each image lacks, for all of them together. Only reads.
 * @param whyKept why bad data cannot be moved aside before, in the same plan; undefined: it can
 * @returns one for each image, in their order; where nothing could be asked, that is what it says
 */
export async function copyBackOutlooks(
	images: readonly Lacking[],
	{whyKept, ...options}: SurveyOptions & {whyKept?: string},
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
		for (const [at, [each, {witnesses, retag}]] of [...named].entries()) {
			const movable = new Set(whyKept === undefined ? each.findings.flatMap(badIn) : []);
			const asides = surveys[at]!.parts.filter(({where, digest}) => where === 'in-the-way' && movable.has(digest));
			outlooks.set(each, {
				...weighCopyBack(onceMovedAside(surveys[at]!, movable), witnesses, whyKept),
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

/** Of one image. Undefined: no source is configured, or nothing has to be copied back. */
export async function copyBackOutlookOf(
	image: DamagedImage | undefined,
	findings: readonly Finding[],
	{sources, ...world}: Omit<SurveyOptions, 'sources'> & {sources?: readonly Source[]},
): Promise<CopyBackOutlook | undefined> {
	if (image === undefined || sources === undefined || settledByRelink(findings)) {
		return undefined;
	}

	const [outlook] = await copyBackOutlooks([{image, findings}], {...world, sources, whyKept: ''});
	return outlook;
}

/** Which digest is to be brought back: what the registry still knows; else what the sources, and the tag's own history, agree on. */
async function nameOf(
	{image: {repository, digest, tags}, findings}: Lacking,
	{sources, signal}: SurveyOptions,
): Promise<Named | {outlook: CopyBackOutlook}> {
	const linked = digest ?? findings.find(({kind}) => kind === 'tag-dangling')?.digest;
	if (linked !== undefined) {
		return {digest: linked, witnesses: []};
	}

	const [tag = ''] = tags;
	const asking = createAsking(sources, {signal});
	const [newest] = findings.flatMap(({history = []}) => history);
	const witnesses = [
		...(newest === undefined ? [] : [{source: 'its own history', digest: newest.digest}]),
		...(await asking.witnesses(repository, tag)),
	];
	const weighed = weighWitnesses(witnesses, asking.silent());
	return 'outlook' in weighed ? weighed : {digest: weighed.digest, witnesses, retag: [...tags]};
}
