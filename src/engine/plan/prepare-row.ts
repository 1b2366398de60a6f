import {type DamagedImage, referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import {sayLimit} from '../../domain/incident/data-change.ts';
import type {Settings} from '../../domain/incident/settings.ts';
import {toRefetch} from '../../domain/plan/cache-remedies.ts';
import type {PreparedItem} from '../../domain/plan/items.ts';
import {isImageOf} from '../../domain/plan/need.ts';
import type {PlanImage, PlanRemedy} from '../../domain/plan/plan.ts';
import {planChangeOf} from '../../domain/plan/plan-change.ts';
import type {DamagedRow} from '../../domain/plan/rows.ts';
import type {ActionContext, GateText, Ports} from '../actions/action.ts';
import {referenceIn} from '../actions/build-bases.ts';
import {builderBuild} from '../actions/builder-build.ts';
import {ciBuild} from '../actions/ci-build.ts';
import {commandBuild} from '../actions/command-build.ts';
import {registryBypass} from '../actions/registry-bypass.ts';
import {registryCopyBack} from '../actions/registry-copy-back.ts';
import {registryRefetch} from '../actions/registry-refetch.ts';
import {registryRelink} from '../actions/registry-relink.ts';
import {registryRemove} from '../actions/registry-remove.ts';
import {registryRepoint} from '../actions/registry-repoint.ts';
import type {Waiting} from '../ports/waiting.ts';

/** What preparing the changes of an image needs. */
export type Preparing = Waiting & {
	/** `host[:port]` */
	host: string;
	/** The outside systems and the settings of one image. */
	of(image: ImageReference): {ports: Ports; settings: Settings};
	/** The images of which bytes were read that do not match. */
	corrupt?: ReadonlySet<Digest>;
};

type PreparingRow = Preparing & {
	/** Of the whole plan. */
	damaged: readonly DamagedImage[];
	/** No person chose the remedy: the next one may be taken. */
	mayFallBack: boolean;
	/** The image that a person chose to point its tags to. Absent: the newest. */
	to?: Digest;
};

/** The damaged images in these repositories, which something else may need. */
function imagesIn(repositories: readonly string[], damaged: readonly DamagedImage[]): string[] {
	return damaged.flatMap(({id, repository}) => (repositories.includes(repository) ? [id] : []));
}

/** The images that have to be whole first: those that its pipeline runs in, or that a build without CI starts from. */
function needsOf(
	remedy: PreparedItem['remedy'],
	changes: readonly Change[],
	row: DamagedRow,
	{host, damaged}: PreparingRow,
): string[] {
	const {runsIn, from = []} = row.settings;
	if (remedy === 'rebuild-ci' || remedy === 'rebuild-command') {
		return imagesIn([...runsIn, ...from], damaged).filter(id => id !== row.image.id);
	}

	const bases = changes.flatMap(change => (change.kind === 'build-and-push' ? (change.bases ?? []) : []));
	const references = bases.flatMap(({name}) => referenceIn(name, host) ?? []);
	const declared = remedy === 'rebuild-fallback' ? from : [];
	const isNeeded = (image: DamagedImage) =>
		declared.includes(image.repository) || references.some(reference => isImageOf(image, reference));
	return damaged.flatMap(image => (image.id !== row.image.id && isNeeded(image) ? [image.id] : []));
}

/** What the upstream of a cache says of its limit, beside why it is fetched again. */
function withLimit(image: PlanImage, remedy: PlanRemedy, changes: readonly Change[]): PlanImage {
	const limits = changes.flatMap(change => (change.kind === 'refetch' ? sayLimit(change) : []));
	return limits.length === 0
		? image
		: {
				...image,
				remedies: image.remedies.map(each =>
					each.remedy === remedy ? {...each, why: `${each.why} (${limits.join('; ')}.)`} : each,
				),
			};
}

/** What was chosen, or the next that can be prepared. */
export async function prepareRow(
	row: DamagedRow,
	image: PlanImage,
	wanted: PlanRemedy,
	options: PreparingRow,
): Promise<{image: PlanImage; item?: PreparedItem}> {
	let now = image;
	// Nothing is removed because something else cannot be done.
	const others = image.remedies.map(({remedy}) => remedy).filter(remedy => remedy !== wanted && remedy !== 'remove');
	const order = [wanted, ...others];
	for (const remedy of order.filter(each => isPossible(each, now, options))) {
		if (remedy === 'leave' || remedy === 'restart') {
			return {image: {...now, ...(remedy === wanted ? {} : {recommended: remedy})}};
		}

		try {
			const {changes, undo} = await prepare(remedy, row, options);
			const needs = needsOf(remedy, changes, row, options);
			now = withLimit(now, remedy, changes);
			return {
				image: {...now, ...(remedy === wanted ? {} : {recommended: remedy})},
				item: {image: image.id, remedy, changes: changes.flatMap(each => planChangeOf(each) ?? []), undo, needs},
			};
		} catch (error) {
			options.signal.throwIfAborted();
			const {message, code, hint} = asOperatorError(error);
			if (!options.mayFallBack) {
				throw new OperatorError('plan.remedy', `${remedy} is not possible for ${image.id}: ${message}`, {
					hint:
						code === 'remove.disabled' ? `${hint} Or choose another remedy for it.` : 'Choose another remedy for it.',
					exit: 'usage',
				});
			}

			now = {
				...now,
				remedies: now.remedies.map(each => (each.remedy === remedy ? {remedy, possible: false, why: message} : each)),
			};
		}
	}

	return {image: {...now, recommended: 'leave'}};
}

/** A person may choose one of several images, of which none could be recommended. */
function isPossible(remedy: PlanRemedy, {remedies}: PlanImage, {to}: PreparingRow): boolean {
	return (remedy === 're-point' && to !== undefined) || remedies.some(each => each.remedy === remedy && each.possible);
}

async function prepare(
	remedy: PreparedItem['remedy'],
	row: DamagedRow,
	options: PreparingRow,
): Promise<{changes: Change[]; undo: string}> {
	const image = referenceTo(row.image, options.host);
	const {ports, settings} = options.of(image);
	const context = readingContext(ports, settings, options);
	switch (remedy) {
		case 'relink':
			return gateOf(registryRelink.gate!({image, findings: [...row.findings]}, context));
		case 'copy-back': {
			const {top, retag, asides} = row.copyBack ?? {};
			return gateOf(registryCopyBack.gate!({image, ...defined({top, retag, asides}), damaged: row.image}, context));
		}

		case 'remove':
			return gateOf(registryRemove.gate!({image, damaged: row.image}, context));
		case 'refetch':
			return gateOf(registryRefetch.gate!({image, ...toRefetch(row.findings), damaged: row.image, lacks: []}, context));
		case 'bypass':
			return gateOf(registryBypass.gate!({image}, context));
		case 'rebuild-ci':
			return gateOf(ciBuild.gate!({image}, context));
		case 'rebuild-command':
			return gateOf(commandBuild.gate!({image}, context));
		case 'rebuild-fallback':
			return gateOf(builderBuild.gate!({image}, context));
		case 're-point': {
			// Every tag of the image is pointed: they name the same broken digest.
			const to = {host: options.host, repository: image.repository, digest: options.to ?? row.siblings[0]!.digest};
			return gateOf(registryRepoint.gate!({image, to, tags: row.image.tags}, context));
		}
	}
}

async function gateOf(gate: Promise<GateText>): Promise<{changes: Change[]; undo: string}> {
	const {changes, undo} = await gate;
	return {changes, undo};
}

/** For a gate, which only reads: nothing is under way, and nothing is recorded. */
export function readingContext(
	ports: Ports,
	settings: Settings,
	{signal, corrupt}: Pick<Preparing, 'signal' | 'corrupt'>,
): ActionContext {
	return {
		ports,
		settings,
		request: '',
		incident: '',
		...defined({corrupt}),
		opened: ports.clock.now().toISOString(),
		approved: [],
		recorded: [],
		timeoutMs: 60_000,
		signal,
		log: () => {},
		progress: () => {},
		record: async () => {
			throw new Error('A plan is made by reading only.');
		},
	};
}
