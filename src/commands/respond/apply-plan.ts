import {stateFolder} from '../../adapters/journal/incident-folders.ts';
import {noteOfApplying, recallPlan, rememberPlan} from '../../adapters/journal/plan-records.ts';
import {meantPlatformsOf, registryFor} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {exitCodes, OperatorError} from '../../domain/errors.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {appliedPlan, exitOfApplied, imagesNotFound, type TagsNow, whyNotApproved} from '../../domain/plan/applied.ts';
import type {Plan} from '../../domain/plan/plan.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {sayTime} from '../../domain/text/time.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {identify} from '../../engine/plan/identify.ts';
import {checkSameStore} from '../../engine/plan/same-store.ts';
import {findDamage} from '../../engine/plan/scope.ts';
import {readTags} from '../../engine/plan/tags-now.ts';
import {leadIncident} from '../../incidents/lead.ts';
import {type OpenIncident, startIncident} from '../../incidents/start.ts';
import type {Invocation} from '../../invocation.ts';
import {followPlan, settleAsPlanned} from '../../plain/session/plan-follower.ts';
import {openRegistryPorts} from '../../wiring/ports.ts';
import {urlOf} from '../../wiring/registry.ts';
import {readSetup, systemClock} from '../../wiring/setup.ts';
import {registryNamed} from '../configured-registry.ts';
import {keepHeapSmall} from '../small-heap.ts';
import {type Approval, checkApproval} from './approval.ts';
import {readPlanFile} from './plan-file.ts';

export type ApplyOptions = Approval & {
	apply: string;
	registry?: string;
	dryRun?: boolean;
	another?: boolean;
	plainHttp?: boolean;
};

const runbook = 'registry-damage';

/**
 * `regmedic respond --apply FILE`: opens an incident that carries out a plan. It finds and prepares everything itself; of the plan it
 * takes which images are repaired, and by which remedy. What would not be changed as the plan says is left alone.
 * @returns the code of the verdict
 * @throws OperatorError plan.*
 */
export async function applyPlan(options: ApplyOptions, invocation: Invocation): Promise<number> {
	const {dryRun = false, another = false, plainHttp} = options;
	const {plan, source, sha256} = await readPlanFile(options.apply, invocation);
	const isAsked = invocation.terminal.interactive && options.approve === undefined;
	if (!dryRun) {
		checkApproval(plan, {sha256, file: options.apply, now: systemClock.now(), isAsked}, options);
	}

	keepHeapSmall();
	const store = await openStore(plan, options, invocation);
	try {
		const before = dryRun ? undefined : await store.appliedBefore();
		if (before !== undefined) {
			return await store.verdictNow(before);
		}

		const [first] = plan.images;
		if (first === undefined) {
			invocation.print('The plan has nothing to do.\n');
			return exitCodes.done;
		}

		const mark = (incident: string) =>
			store.mark(noteOfApplying({actor: invocation.actor, now: systemClock.now(), incident}));
		let opened: OpenIncident | undefined;
		// The data of `--json` is the plan with its outcomes; the sentences are messages then.
		const {flags, talk, print} = invocation;
		const code = await leadIncident({
			invocation: flags.json ? {...invocation, print: talk} : invocation,
			autopilot: false,
			intro: {
				title: `Applying plan ${plan.id} to ${store.host}`,
				story: dryRun ? 'This is a dry run: preconditions are looked up, and nothing is changed.' : '',
				drill: false,
			},
			...(isAsked ? {} : {answering: followPlan(plan, {mark: ({current}) => mark(current().incident.id)})}),
			async begin() {
				opened = await startIncident(invocation, {
					runbook,
					reference: referenceIn(first, store.host),
					dryRun,
					another,
					pace: isAsked ? 'person' : 'auto',
					...defined({plainHttp}),
				});
				await keepPlan(opened, {plan, source, sha256});
				if (isAsked) {
					await refuseSecond(mark, opened);
					settleAsPlanned(opened.session, plan);
				}

				return opened;
			},
		});
		const incident = opened?.session.current().incident;
		const gone = incident === undefined ? [] : imagesNotFound(plan, incident);
		const tagsNow = new Map<string, TagsNow>();
		for (const image of gone) {
			const now = await store.tagsNow(image);
			tagsNow.set(image.id, now);
			const why = whyNotApproved(image, now);
			if (why !== undefined) {
				talk(`${image.id}: left alone. ${why}\n`);
			}
		}

		if (flags.json && incident !== undefined) {
			print(`${visibleJson(redactDeep(appliedPlan(plan, incident, tagsNow), invocation.redaction.redact), '  ')}\n`);
		}

		const isKnown = incident?.verdict !== undefined && code !== exitCodes.interrupted;
		return isKnown ? exitOfApplied(incident) : code;
	} finally {
		await store.close();
	}
}

/** The first evidence of the incident. */
async function keepPlan(
	{session, journal}: OpenIncident,
	{plan, source, sha256}: {plan: Plan; source: string; sha256: string},
): Promise<void> {
	const {file} = await journal.keep('plan.json', source);
	const text = `Applies plan ${plan.id}, made ${sayTime(plan.made)}. SHA-256 of its file: ${sha256}. Kept as ${file}.`;
	await session.say({type: 'note.added', text});
}

/** A person at the gate has a plan to themselves: it counts as applied from here on. */
async function refuseSecond(
	mark: (incident: string) => Promise<string | undefined>,
	{session}: OpenIncident,
): Promise<void> {
	const before = await mark(session.current().incident.id);
	if (before !== undefined) {
		await session.leave('left');
		throw appliedBefore(before);
	}
}

function appliedBefore(note: string): OperatorError {
	return new OperatorError('plan.applied-elsewhere', `This plan is being applied by somebody else (${note}).`, {
		hint: 'Make another once they are done: regmedic respond --plan FILE.',
		exit: 'locked',
	});
}

function referenceIn({repository, tags, digest}: Plan['images'][number], host: string): ImageReference {
	const [tag] = tags;
	return parseReference(`${host}/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`);
}

/** The store that the plan is for, as the configuration of this machine reaches it. */
async function openStore(plan: Plan, {registry: name, plainHttp}: ApplyOptions, invocation: Invocation) {
	const {signal, environment, print} = invocation;
	const setup = await readSetup(invocation, defined({plainHttp}));
	const {configuration} = setup;
	const host = name === undefined ? plan.registry : new URL(registryNamed(configuration, name).url).host;
	const known = registryFor(configuration, host);
	if (known === undefined) {
		throw new OperatorError('plan.needs-registry', `The registry of the plan, ${host}, is not configured here.`, {
			hint: 'Configure it (registries.…), or name it as it is called here: --registry NAME.',
			exit: 'usage',
		});
	}

	const state = stateFolder(environment);
	const ports = openRegistryPorts(host, setup);
	const {registry, storage} = ports;
	const url = known.registry.url ?? urlOf(host, plainHttp ?? false);
	try {
		await checkSameStore(plan, await identify({url, registry, storage}, {signal}), {storage, signal});
		if (storage === undefined && (await recallPlan(state, plan.id, 'made')) === undefined) {
			throw new OperatorError('plan.other-store', 'Without its storage, a plan is applied only where it was made.', {
				hint: 'Configure registries.….storage, or make another plan here.',
				exit: 'refused',
			});
		}
	} catch (error) {
		await ports.close();
		throw error;
	}

	return {
		host,
		appliedBefore: () => storage?.applied(plan.id, {signal}) ?? recallPlan(state, plan.id, 'applied'),
		mark: (note: string) =>
			storage === undefined
				? rememberPlan(state, {id: plan.id, what: 'applied', note})
				: storage.markApplied({id: plan.id, note}, {signal}),
		tagsNow: (image: Plan['images'][number]) => readTags(registry, image, {signal}),
		/** Of the images of a plan that was applied before: nothing is done. */
		async verdictNow(before: string): Promise<number> {
			print(`Plan ${plan.id} was applied before (${before}): nothing is done.\n`);
			const scope = await findDamage({
				registry,
				role: known.registry.role,
				platforms: meantPlatformsOf(configuration, known.name),
				clock: systemClock,
				signal,
				...defined({storage, inventory: ports.inventory}),
			});
			const planned = new Set(plan.items.map(({image}) => image));
			const left = scope.images.filter(({id}) => planned.has(id));
			print(
				left.length > 0
					? `Still damaged: ${left.map(({id}) => id).join(', ')}.\n`
					: `None of its ${count(planned.size, 'image')} is known to be damaged now.\n`,
			);
			return left.length > 0 ? exitCodes.broken : scope.gaps.length > 0 ? exitCodes.indeterminate : exitCodes.done;
		},
		close: () => ports.close(),
	};
}
