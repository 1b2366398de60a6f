import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, sayVerdict, unanswered} from '../../domain/image/verdict.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {PlannedImage} from '../../domain/incident/planned-images.ts';
import {judgeRepair, type Repaired} from '../../domain/plan/judge-repair.ts';
import {titleOf} from '../../domain/plan/plan-rows.ts';
import {originalOfDamaged} from '../../domain/remedy/original.ts';
import {isRebuild} from '../../domain/remedy/rebuilt.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import {findDamage} from '../plan/scope.ts';
import type {Registry} from '../ports/registry.ts';
import {createWalker} from '../verify/walk-image.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {compareRepaired} from './compare-repaired.ts';
import {refusedOrUnreachable} from './outcomes.ts';

const labels = {
	edge: 'planned images answer',
	content: 'planned images read whole',
	unpack: 'rebuilt images unpacked',
};
const atOnce = {edge: 8, content: 2, unpack: 2};

/**
 * Checks what a plan repaired: all of its images at edge, then every byte of each, and of what was rebuilt every layer unpacked, beside
 * what it was before; then the disk and every tag of the registry once more. It only reads, over new connections.
 */
export const registryVerifyAll: ActionNamed<'registry.verify-all'> = {
	name: 'registry.verify-all',
	parse: inputParser('registry.verify-all'),
	effect: 'read',
	inputs: {image: {required: true, about: 'the image that the incident began with'}},
	outcomes: {
		intact: 'every damaged image is intact, and no other damage is known',
		left: 'what was planned is intact; others were left, and are still damaged',
		broken: 'an image of the plan is still damaged, or another one is',
		unknown: 'not everything could be checked',
		refused: 'the registry or the host refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {
		verdict: 'intact, broken or unknown, of all of them',
		images: 'one row for each image that was damaged',
		fresh: 'damaged images that no plan knew',
		gaps: 'what could not be read',
		followUps: 'one line for each image that is not what it was',
	},
	bare: ['refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	proves: ['intact', 'left'],
	outcomeOf: refusedOrUnreachable,

	async run({image}, context) {
		const {ports, settings, signal, progress, log, planned = []} = context;
		const registry = ports.registry.fresh();
		try {
			const repaired = planned.filter(({item}) => item !== undefined);
			const edge = await walkAll(registry, repaired, 'edge', context);
			const answering = repaired.filter(each => edge.get(each)?.verdict === 'intact');
			log(`${answering.length} of ${repaired.length} planned answer. Reading every byte of them …`);
			const {unpack = [], content = []} = Object.groupBy(answering, each => depthOf(each, context));
			const checks = new Map([
				...edge,
				...(await walkAll(registry, unpack, 'unpack', context)),
				...(await walkAll(registry, content, 'content', context)),
			]);
			const again = await findDamage({
				registry,
				role: settings.role,
				platforms: settings.platforms,
				everyTag: true,
				clock: ports.clock,
				signal,
				onProgress: progress,
				...defined({
					storage: ports.storage,
					inventory: ports.inventory,
					reported: repaired.length === 0 ? image : undefined,
				}),
			});
			const looked: Repaired[] = [];
			for (const each of planned) {
				looked.push(await beside(registry, each, checks.get(each), context));
			}

			const judged = judgeRepair(looked, again, titleOf);
			for (const {title, say} of [...judged.fresh, ...judged.images]) {
				log(`${title}: ${say}`);
			}

			const {outcome, say, ...output} = judged;
			return {outcome, output: output satisfies OutputValues<'registry.verify-all'>, say};
		} finally {
			await registry.close();
		}
	},
};

/** The digest of a relinked image proves that it is what it was. What a build made is proven by unpacking it. */
function depthOf({item}: PlannedImage, {ports}: ActionContext): 'content' | 'unpack' {
	return ports.unpacker !== undefined && isRebuild(item?.remedy) ? 'unpack' : 'content';
}

/** Each part once, however many of the images share it. */
async function walkAll(
	registry: Registry,
	images: readonly PlannedImage[],
	depth: Exclude<Depth, 'head'>,
	{ports, settings, signal, progress}: ActionContext,
): Promise<Map<PlannedImage, ImageCheck>> {
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
	const checks = new Map<PlannedImage, ImageCheck>();
	const queue = [...images];
	await forEachConcurrently(
		() => queue.shift(),
		atOnce[depth],
		async each => {
			const reference = referenceTo(each.damaged, registry.host);
			const check = await walker.walk(reference).catch(error => {
				signal.throwIfAborted();
				return absentOrUnanswered(reference, error);
			});
			checks.set(each, check);
			progress({label, done: checks.size, total: images.length});
		},
	);
	return checks;
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

/** One image beside what it was. */
async function beside(
	registry: Registry,
	image: PlannedImage,
	check: ImageCheck | undefined,
	context: ActionContext,
): Promise<Repaired> {
	if (check === undefined) {
		return {image};
	}

	const original = originalOfDamaged(image.damaged as DamagedImage);
	const reference = referenceTo(image.damaged, registry.host);
	const {output, say} = await compareRepaired(registry, reference, check, {...context, original, changed: true});
	return {
		image,
		check,
		said: [sayVerdict(check, depthOf(image, context)), ...sayFirst(check), ...say].join(' '),
		reference: formatReference(reference),
		...defined({comparedToOriginal: output.comparedToOriginal}),
	};
}
