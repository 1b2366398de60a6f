import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import {readTagBefore, type TagState} from '../../domain/incident/tag-before.ts';
import type {JsonObject} from '../../domain/json.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext} from './action.ts';

/** `unknown`: the registry cannot tell. `say` is a sentence. */
type PushFound =
	| {kind: 'pushed'; digest: Digest | null; say: string}
	| {kind: 'not-pushed'; say: string}
	| {kind: 'unknown'; say: string};

/** For the record of a build's start: without it, an image that was whole already would later pass for a push. */
export async function stateBefore(image: ImageReference, context: ActionContext): Promise<JsonObject> {
	const found = await look(image, context);
	return 'why' in found ? {} : {before: {...found}};
}

/** @param detail what was recorded before the build; absent: from the journal of this visit */
export async function findPush(image: ImageReference, context: ActionContext, detail?: JsonObject): Promise<PushFound> {
	const name = formatReference(image);
	const now = await look(image, context);
	if ('why' in now) {
		return {kind: 'unknown', say: `Whether it had pushed ${name} by then is not known: ${now.why}`};
	}

	const before = readTagBefore(detail === undefined ? context.recorded.map(each => each.detail) : [detail]);
	const isOther = before !== undefined && now.digest !== null && now.digest !== before.digest;
	context.log(`${name} is ${now.intact ? 'intact' : 'not intact'} after that.`);
	const parts = now.intact ? 'every part of it is there' : 'parts of it are missing';
	if (isOther) {
		return {
			kind: 'pushed',
			digest: now.digest,
			say: `The tag was pushed since it began: ${name} is ${now.digest}, and ${parts}.`,
		};
	}

	// The same digest pushed once more makes a broken image whole.
	if (now.intact && !before?.intact) {
		return {kind: 'pushed', digest: now.digest, say: `The image is whole now: ${name} is ${now.digest}, and ${parts}.`};
	}

	const still =
		now.digest === null ? 'the registry does not have' : now.intact ? 'is what it was before' : 'is still broken';
	return {kind: 'not-pushed', say: `It has not pushed ${name}, which ${still}.`};
}

/** @throws OperatorError effect.unknown */
export function throwNotKnown(say: string): never {
	throw new OperatorError('effect.unknown', say, {
		hint: 'Look again when the registry responds. Build once more only if it has not the new image.',
		exit: 'indeterminate',
	});
}

/** Over connections of its own. */
async function look(
	image: ImageReference,
	{ports, settings, signal}: ActionContext,
): Promise<TagState | {why: string}> {
	const registry = ports.registry.fresh();
	try {
		const {platforms} = settings;
		const {
			verdict,
			digest: found = null,
			unchecked,
		} = await walkImage(registry, image, {depth: 'edge', platforms, signal});
		return verdict === 'unknown'
			? {why: unchecked[0]?.message ?? 'The registry did not answer for all parts.'}
			: {digest: found, intact: verdict === 'intact'};
	} catch (error) {
		signal.throwIfAborted();
		const known = asOperatorError(error);
		return known.code === 'image.absent' ? {digest: null, intact: false} : {why: known.message};
	} finally {
		await registry.close();
	}
}
