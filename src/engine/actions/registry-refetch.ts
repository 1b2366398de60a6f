import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {sayVerdict} from '../../domain/image/verdict.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import {type RateLimit, sayRateLimit} from '../../domain/rate-limit.ts';
import {blobData} from '../../domain/storage/listing/paths.ts';
import {count} from '../../domain/text/wording.ts';
import type {Registry} from '../ports/registry.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';

/**
 * Makes a pull-through cache fetch what it has lost, by pulling just that through it: everything else is asked for only where its disk
 * holds it, so that nothing more is fetched.
 */
export const registryRefetch: ActionNamed<'registry.refetch'> = {
	name: 'registry.refetch',
	parse: inputParser('registry.refetch'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		digests: {required: true, about: 'what the cache has to fetch again'},
		pulls: {required: true, about: 'how many of them are manifests, which count as pulls upstream'},
		...expectedInputs,
	},
	outcomes: {
		fetched: 'every byte of it was read through the cache, and matches its digest',
		broken: 'it was read through the cache, and is still damaged',
		refused: 'the cache refused the request',
		unreachable: 'the cache, or its upstream, does not respond',
	},
	provides: {},
	success: ['fetched'],
	outcomeOf: refusedOrUnreachable,

	async gate({image, digests, pulls}, context) {
		const limit = pulls === 0 ? undefined : await limitOf(image.repository, digests[0]!, context);
		if (limit !== undefined && limit.remaining < pulls) {
			throw tooFew(limit, pulls, context);
		}

		return {
			target: `${image.host}/${image.repository}`,
			changes: [{kind: 'refetch', repository: image.repository, digests, pulls, ...(limit && {limit})}],
			undo: 'None is needed: the cache holds what its upstream has.',
			phrase: `refetch ${image.repository}`,
		};
	},

	precondition: ({image, damaged, lacks}, context) => stillDamaged(image, {damaged, lacks}, context),

	run: (inputs, context) => pull(inputs, context),

	async reconcile(inputs, context) {
		// What the cache stores after its answer is there, or a pull fetches it: to look is to fetch.
		return {kind: 'done', ...(await pull(inputs, context))};
	},
};

/** Undefined: no upstream is configured, it does not respond, or it says nothing of a limit. */
async function limitOf(
	repository: string,
	digest: Digest,
	{ports, signal, log}: ActionContext,
): Promise<RateLimit | undefined> {
	try {
		return await ports.upstream?.askLimit(repository, digest, {signal});
	} catch (error) {
		signal.throwIfAborted();
		log(`The limit of the upstream is not known: ${asOperatorError(error).message}`);
		return undefined;
	}
}

function tooFew(limit: RateLimit, pulls: number, {ports}: ActionContext): OperatorError {
	const needs = `${count(pulls, 'pull is', 'pulls are')} needed`;
	return new OperatorError('refetch.limit', `${ports.upstream?.host}: ${sayRateLimit(limit)}; ${needs}.`, {
		hint: 'Wait for the limit, give the cache an account with a higher one, or bypass it.',
		exit: 'refused',
	});
}

async function pull(
	{image, digests}: InputsOf<'registry.refetch'>,
	context: ActionContext,
): Promise<ActionResult<Record<string, never>>> {
	const {ports, settings, signal} = context;
	const [held, filling] = [ports.registry.fresh(), (ports.filling ?? ports.registry).fresh()];
	try {
		const wanted = new Set<string>(digests);
		const through = onlyFilling(held, filling, wanted);
		const check = await walkImage(through, image, {depth: 'content', platforms: settings.platforms, signal});
		const [reason] = check.unchecked;
		// What the cache has never fetched, such as another platform, is no fault of what was fetched again.
		const isBroken = check.faults.some(({digest}) => digest !== undefined && wanted.has(digest));
		if (reason === undefined && !isBroken && (await areStored(digests, context))) {
			const say = `${count(digests.length, 'part was', 'parts were')} fetched again, and every byte read.`;
			return {outcome: 'fetched', output: {}, say};
		}

		return {
			outcome: isBroken || reason === undefined ? 'broken' : 'unreachable',
			output: {},
			say: `${sayVerdict(check)} ${reason?.message ?? (isBroken ? '' : 'The cache has not stored what was fetched.')}`.trim(),
		};
	} finally {
		await Promise.all([held.close(), filling.close()]);
	}
}

const storedWithinMs = 60_000;
const pauseMs = 500;

/** A cache of 2.8 stores what it fetches after its answer. Without its disk nobody can tell. */
async function areStored(digests: readonly Digest[], {ports, signal}: ActionContext): Promise<boolean> {
	const {storage, clock} = ports;
	const files = digests.map(blobData);
	for (const began = clock.monotonic(); storage !== undefined; await clock.sleep(pauseMs, {signal})) {
		const states = await storage.recheck(files, {signal});
		if (files.every(file => states.get(file)?.state === 'there')) {
			return true;
		}

		if (clock.monotonic() - began > storedWithinMs) {
			return false;
		}
	}

	return true;
}

/** Asks the cache itself for these digests, and for everything else only where its disk holds it. */
function onlyFilling(held: Registry, filling: Registry, wanted: ReadonlySet<string>): Registry {
	return {
		...held,
		manifest: (repository, reference, waiting) =>
			(wanted.has(reference) ? filling : held).manifest(repository, reference, waiting),
		blob: (repository, blob, depth, waiting) =>
			(wanted.has(blob.digest) ? filling : held).blob(repository, blob, depth, waiting),
	};
}
