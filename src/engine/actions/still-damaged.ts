import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {asOperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import type {FaultKind} from '../../domain/image/fault.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {unanswered} from '../../domain/image/verdict.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext, Precondition} from './action.ts';
import {lookAtTags, type SeenTag} from './tag-writes.ts';

/** A check at edge reads neither every byte nor the disk, and unpacks nothing. */
const hidden: readonly FaultKind[] = ['blob-corrupt', 'answers-differ', 'layer-unreadable', 'diffid-mismatch'];

/** What an item expects to find. `lacks`: files of its image that were not on the disk. */
type Expected = {damaged?: DamagedImage | null | undefined; lacks?: readonly string[] | null | undefined};

/** The inputs of an action whose items expect what was approved. */
export const expectedInputs = {
	damaged: {required: false, about: 'of an item of a plan: the image as it was approved'},
	lacks: {required: false, about: 'of an item of a plan: the files that its image lacked on the disk'},
};

/**
 * Asks right before a change whether its image is still what was approved: the same digest below the same tags, and damaged. One that
 * is whole meanwhile, as after a colleague's relink, is left alone.
 */
export async function stillDamaged(
	image: ImageReference,
	{damaged, lacks}: Expected,
	context: ActionContext,
): Promise<Precondition> {
	if (!damaged) {
		return {kind: 'holds'};
	}

	const {host} = image;
	const {repository, digest, tags, findings} = damaged;
	const seen = tags.length > 0 ? await lookAtTags(image, tags, context) : [await lookAtDigest(image, context)];
	const unread = seen.find(
		({write, check}) => write.verdict === 'unknown' && check?.unchecked[0]?.code !== 'registry.storage',
	);
	if (unread !== undefined) {
		const [reason] = unread.check?.unchecked ?? [];
		return {
			kind: 'unknown',
			say: `It is not known what ${formatReference({host, repository, tag: unread.write.tag})} is now. ${reason?.message ?? ''}`.trim(),
			...(reason && {problem: {code: reason.code, message: reason.message, hint: reason.hint}}),
		};
	}

	const moved = seen.flatMap(each => sayMoved(each, damaged) ?? []);
	if (moved.length > 0) {
		return {kind: 'changed', say: moved.join(' ')};
	}

	const isServed = seen.every(({write}) => write.verdict === 'intact');
	const isHidden = findings.some(kind => hidden.includes(kind));
	if (!isServed || isHidden || !(await areBack(lacks ?? [], context))) {
		return {kind: 'holds'};
	}

	return {
		kind: 'already-whole',
		say: `It is whole now${digest === undefined ? '' : ` (${shortDigest(digest)})`}: somebody has repaired it since the plan was made.`,
	};
}

/** Why a tag is not what was approved. */
function sayMoved({write: {tag, now, verdict}}: SeenTag, {digest, findings}: DamagedImage): string | undefined {
	if (verdict === 'absent') {
		// A repository that has vanished has no tags.
		const wasThere = digest !== undefined && !findings.includes('repository-vanished');
		return wasThere ? `${tag} was removed since the plan was made.` : undefined;
	}

	if (now === undefined || now === digest || (digest === undefined && verdict !== 'intact')) {
		return undefined;
	}

	return digest === undefined
		? `${tag} named nothing, and names ${shortDigest(now)} now.`
		: `${tag} has moved since the plan was made: it named ${shortDigest(digest)}, and names ${shortDigest(now)} now.`;
}

async function lookAtDigest(image: ImageReference, {ports, settings, signal}: ActionContext): Promise<SeenTag> {
	const registry = ports.registry.fresh();
	try {
		const check = await walkImage(registry, image, {depth: 'edge', platforms: settings.platforms, signal}).catch(
			error => {
				signal.throwIfAborted();
				const known = asOperatorError(error);
				const missing = unanswered(image, known);
				return known.code === 'image.absent' ? {...missing, verdict: 'broken' as const} : missing;
			},
		);
		const now: {now?: Digest} = check.digest === undefined ? {} : {now: check.digest};
		return {write: {tag: image.digest ?? '', ...now, verdict: check.verdict}, check};
	} finally {
		await registry.close();
	}
}

/** Without a disk, what the registry serves is all that is known. */
async function areBack(paths: readonly string[], {ports: {storage}, signal}: ActionContext): Promise<boolean> {
	if (storage === undefined || paths.length === 0) {
		return true;
	}

	const states = await storage.recheck(paths, {signal});
	return paths.every(path => {
		const state = states.get(path);
		return state?.state === 'there' && state.is === undefined && state.size > 0;
	});
}
