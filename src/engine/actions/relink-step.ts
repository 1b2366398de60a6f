import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import {byteSize} from '../../domain/text/wording.ts';
import type {PutAnswer} from '../ports/registry.ts';
import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';
import {type Links, linkOf} from './relink-world.ts';

/** `step`: what was really done, where there were two ways. */
export type Told = {state: 'stored'; detail: string; step: RelinkStep} | {state: 'rejected'; detail: string};
type Store = {storage: Storage; lock: StorageLock; links: Links};

/** Carries out one step. @throws OperatorError effect.unknown | relink.gone | storage.* | registry.* */
export async function performRelink(
	step: RelinkStep,
	repository: string,
	store: Store,
	context: ActionContext,
): Promise<Told> {
	const {registry} = context.ports;
	switch (step.do) {
		case 'mount': {
			const answer = await registry.mountBlob(repository, step.digest, step.from, context);
			if (answer.state !== 'not-mounted') {
				return told(answer, step);
			}

			context.log(`${step.from} is not mounted from (${answer.status}): it is uploaded.`);
			return upload({do: 'upload', digest: step.digest, role: step.role, size: step.size}, repository, store, context);
		}

		case 'upload':
			return upload(step, repository, store, context);
		case 'manifest': {
			const manifest = await readManifest(step.digest, store, context);
			return told(await registry.putManifest(repository, step.digest, manifest, context), step);
		}

		case 'retag': {
			const moved = await whyNotToTag(step, repository, store, context);
			if (moved !== undefined) {
				return {state: 'rejected', detail: moved};
			}

			const manifest = await readManifest(step.digest, store, context);
			return told(await registry.putManifest(repository, step.tag, manifest, context), step);
		}
	}
}

async function upload(
	step: RelinkStep & {do: 'upload'},
	repository: string,
	{storage, lock}: Store,
	context: ActionContext,
): Promise<Told> {
	const {digest, size} = step;
	// It may take long: nothing is stored for somebody who holds the store no longer.
	const signal = lock.lost === undefined ? context.signal : AbortSignal.any([context.signal, lock.lost]);
	let sent = 0;
	const onBytes = (count: number) => {
		sent += count;
		context.progress({label: `bytes uploaded, of ${byteSize(size)}`, done: sent, total: size});
	};

	try {
		const bytes = storage.streamBlob({digest, size}, {signal});
		return told(await context.ports.registry.uploadBlob(repository, {digest, size}, bytes, {signal, onBytes}), step);
	} catch (error) {
		if (error instanceof OperatorError && error.code === 'blob.wrong-digest') {
			return {state: 'rejected', detail: `${error.message} ${error.hint}`};
		}

		throw error;
	}
}

/** A tag may have been pushed or removed since the scan: it is not moved back. */
async function whyNotToTag(
	step: RelinkStep & {do: 'retag'},
	repository: string,
	{links}: Store,
	{ports, signal}: ActionContext,
): Promise<string | undefined> {
	const now = await ports.registry.manifest(repository, step.tag, {signal});
	if (now.state === 'found' && now.digest !== step.digest) {
		return `${step.tag} names ${shortDigest(now.digest)} since the scan, and is left alone. Scan again.`;
	}

	const isGone = now.state === 'missing' && links.get(linkOf(step, repository))?.state !== 'there';
	return isGone ? `${step.tag} was removed since the scan, and is left alone. Scan again.` : undefined;
}

function told(answer: PutAnswer, step: RelinkStep): Told {
	return answer.state === 'stored'
		? {state: 'stored', detail: `${answer.status}`, step}
		: {
				state: 'rejected',
				detail: `The registry did not take ${shortDigest(step.digest)}: ${answer.detail} (${answer.status})`,
			};
}

async function readManifest(
	digest: Digest,
	{storage}: Store,
	{signal}: ActionContext,
): Promise<{bytes: Uint8Array; mediaType: string}> {
	const bytes = await storage.readBlob(digest, {signal});
	const parsed = bytes && parseManifest(new TextDecoder().decode(bytes));
	if (!bytes || !parsed?.ok) {
		throw bytesGone(shortDigest(digest));
	}

	return {bytes, mediaType: parsed.manifest.mediaType};
}

export function bytesGone(what: string): OperatorError {
	return new OperatorError('relink.gone', `The bytes of ${what} are not on the disk any more.`, {
		hint: 'Scan again, then rebuild.',
		exit: 'failed',
	});
}
