import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, sayVerdict, unanswered} from '../../domain/image/verdict.ts';
import {isGoodOutcome} from '../../domain/incident/item.ts';
import type {PlannedImage} from '../../domain/incident/planned-images.ts';
import type {Repaired} from '../../domain/plan/judge-repair.ts';
import {originalOfDamaged} from '../../domain/remedy/original.ts';
import {isRebuild} from '../../domain/remedy/rebuilt.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {createWalker} from '../verify/walk-image.ts';
import type {ActionContext} from './action.ts';
import {compareRepaired} from './compare-repaired.ts';

const labels = {
	edge: 'planned images answer',
	content: 'planned images read whole',
	unpack: 'rebuilt images unpacked',
};
const atOnce = {edge: 8, content: 2, unpack: 2};

/**
 * Checks every image about which a plan did something: all of them at edge, then every byte of each that answers, and of what was rebuilt
 * every layer unpacked, beside what it was. It only reads, over new connections. Of an image that was left, only that is told.
 */
export async function checkPlanned(context: ActionContext): Promise<Repaired[]> {
	const {ports, log, planned = []} = context;
	const registry = ports.registry.fresh();
	try {
		const repaired = planned.filter(({item}) => item !== undefined);
		const edge = await walkAll(registry, repaired, 'edge', context);
		const answering = repaired.filter(each => edge.get(each)?.check.verdict === 'intact');
		log(`${answering.length} of ${repaired.length} planned answer. Reading every byte of them …`);
		const {unpack = [], content = []} = Object.groupBy(answering, each => depthOf(each, context));
		const checks = new Map([
			...edge,
			...(await walkAll(registry, unpack, 'unpack', context)),
			...(await walkAll(registry, content, 'content', context)),
		]);
		const looked: Repaired[] = [];
		for (const each of planned) {
			looked.push(await beside(registry, each, checks.get(each), context));
		}

		return looked;
	} finally {
		await registry.close();
	}
}

/** The digest of a relinked image proves that it is what it was. What a build made is proven by unpacking it. */
function depthOf({item}: PlannedImage, {ports}: ActionContext): 'content' | 'unpack' {
	return ports.unpacker !== undefined && isRebuild(item?.remedy) ? 'unpack' : 'content';
}

type Walked = {reference: ImageReference; check: ImageCheck; platforms: string[] | undefined};

/** Each part once, however many of the images share it. */
async function walkAll(
	registry: Registry,
	images: readonly PlannedImage[],
	depth: Exclude<Depth, 'head'>,
	{ports, settings, signal, progress}: ActionContext,
): Promise<Map<PlannedImage, Walked>> {
	if (images.length === 0) {
		return new Map();
	}

	const walker = createWalker(registry, {
		depth,
		platforms: settings.platforms,
		signal,
		...defined({unpacker: ports.unpacker}),
	});
	const label = labels[depth];
	const checks = new Map<PlannedImage, Walked>();
	const queue = [...images];
	await forEachConcurrently(
		() => queue.shift(),
		atOnce[depth],
		async each => {
			const {reference, check} = await walkFirst(walker, referencesTo(each, registry.host), {signal});
			const platforms = check.verdict === 'intact' ? await walker.platforms(reference, check) : undefined;
			checks.set(each, {reference, check, platforms});
			progress({label, done: checks.size, total: images.length});
		},
	);
	return checks;
}

/**
 * What a repaired image is reached by: each of its tags, then its digest, for somebody may have deleted a tag since. Where the repair
 * did not succeed, an absent tag is the damage, and nothing stands for it.
 */
function referencesTo({damaged, item}: PlannedImage, host: string): ImageReference[] {
	const first = referenceTo(damaged, host);
	if (item === undefined || item.remedy === 'remove' || !isGoodOutcome(item.outcome)) {
		return [first];
	}

	const {repository, digest, tags} = damaged;
	return [
		first,
		...tags.slice(1).map(tag => ({host, repository, tag})),
		...(digest === undefined || tags.length === 0 ? [] : [{host, repository, digest}]),
	];
}

/** By the first reference that the registry has; where it has none, by the first. */
async function walkFirst(
	walker: ReturnType<typeof createWalker>,
	references: readonly ImageReference[],
	{signal}: Waiting,
): Promise<Pick<Walked, 'reference' | 'check'>> {
	let absent: Pick<Walked, 'reference' | 'check'> | undefined;
	for (const reference of references) {
		try {
			return {reference, check: await walker.walk(reference)};
		} catch (error) {
			signal.throwIfAborted();
			const walked = {reference, check: absentOrUnanswered(reference, error)};
			if (walked.check.verdict !== 'broken') {
				return walked;
			}

			absent ??= walked;
		}
	}

	return absent!;
}

/** What the registry does not have is as broken as it was; any other error leaves it unknown. */
function absentOrUnanswered(reference: ImageReference, error: unknown): ImageCheck {
	const known = asOperatorError(error);
	const check = unanswered(reference, known);
	return known.code === 'image.absent' ? {...check, verdict: 'broken'} : check;
}

/** The fault that a person goes on from. */
function sayFirst({faults: [fault]}: ImageCheck): string[] {
	return fault === undefined ? [] : [`${fault.kind}: ${fault.detail}.`];
}

/** Neither its digest nor any of its tags is served, and none of them is listed. */
async function isGone(
	registry: Registry,
	{repository, digest, tags}: DamagedImage,
	{signal}: Waiting,
): Promise<boolean> {
	const listed = (await registry.tags(repository, {signal})) ?? [];
	const served = digest === undefined ? undefined : await registry.manifest(repository, digest, {signal});
	return !tags.some(tag => listed.includes(tag)) && (served === undefined || served.state === 'missing');
}

/** One image beside what it was. */
async function beside(
	registry: Registry,
	image: PlannedImage,
	walked: Walked | undefined,
	context: ActionContext,
): Promise<Repaired> {
	if (walked === undefined) {
		return {image};
	}

	const {reference, check} = walked;
	if (image.item?.remedy === 'remove' && (await isGone(registry, image.damaged, context))) {
		return {image, check, isGone: true};
	}

	const original = originalOfDamaged(image.damaged as DamagedImage);
	const {output, say} = await compareRepaired(registry, reference, walked, {...context, original, changed: true});
	return {
		image,
		check,
		said: [sayVerdict(check, depthOf(image, context)), ...sayFirst(check), ...say].join(' '),
		reference: formatReference(reference),
		...defined({comparedToOriginal: output.comparedToOriginal}),
	};
}
