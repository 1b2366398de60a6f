import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {parseManifest} from '../../domain/image/manifest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import {tagFolder} from '../../domain/storage/listing/paths.ts';
import {byteSize} from '../../domain/text/wording.ts';
import type {Storage, StorageLock} from '../ports/storage.ts';
import type {ActionContext} from './action.ts';
import {manifestFromSources, uploadFromSources} from './from-sources.ts';
import {type Links, linkOf} from './links.ts';
import {resultOf, type Stored} from './stored.ts';

type Manifest = {bytes: Uint8Array; mediaType: string};
/** `first`: the manifest that was read before; the others are read when it is their turn. */
type Store = {storage?: Storage; lock?: StorageLock; links: Links; first?: Manifest & {digest: Digest}};

/** Carries out one step. @throws OperatorError effect.unknown | relink.gone | storage.* | registry.* */
export async function performRelink(step: RelinkStep, store: Store, context: ActionContext): Promise<Stored> {
	const {registry} = context.ports;
	const {repository} = step;
	switch (step.kind) {
		case 'mount-blob': {
			const answer = await registry.mountBlob(repository, step.digest, step.from, context);
			if (answer.state !== 'not-mounted') {
				return resultOf(answer, step);
			}

			context.log(
				`${shortDigest(step.digest)} cannot be mounted from ${step.from} (${answer.status}); uploading it instead.`,
			);
			const {digest, role, size} = step;
			return upload({kind: 'upload-blob', repository, digest, role, size}, store, context);
		}

		case 'upload-blob':
			return upload(step, store, context);
		case 'put-manifest': {
			const manifest = await readManifest(step, store, context);
			return resultOf(await registry.putManifest(repository, step.digest, manifest, context), step);
		}

		case 'restore-tag': {
			const moved = await whyNotToTag(step, store, context);
			if (moved !== undefined) {
				return {state: 'rejected', detail: moved};
			}

			const manifest = await readManifest(step, store, context);
			return resultOf(await registry.putManifest(repository, step.tag, manifest, context), step);
		}
	}
}

async function upload(
	step: RelinkStep & {kind: 'upload-blob'},
	{storage, lock}: Store,
	context: ActionContext,
): Promise<Stored> {
	const {repository, digest, size, sources} = step;
	// It may take long: nothing is stored once the lock of the store is lost.
	const signal = lock?.lost === undefined ? context.signal : AbortSignal.any([context.signal, lock.lost]);
	const send = (bytes: AsyncIterable<Uint8Array>) => {
		let sent = 0;
		const onBytes = (count: number) => {
			sent += count;
			context.progress({label: `bytes uploaded, of ${byteSize(size)}`, done: sent, total: size});
		};
		return context.ports.registry.uploadBlob(repository, {digest, size}, bytes, {signal, onBytes});
	};

	if (sources !== undefined) {
		return uploadFromSources({...step, sources}, send, {...context, signal});
	}

	if (storage === undefined) {
		throw bytesGone(shortDigest(digest));
	}

	try {
		return resultOf(await send(storage.streamBlob({digest, size}, {signal})), step);
	} catch (error) {
		if (error instanceof OperatorError && error.code === 'blob.wrong-digest') {
			return {state: 'rejected', detail: `${error.message} ${error.hint}`};
		}

		throw error;
	}
}

/** Why a tag must not be restored: it was pushed or removed since the scan. */
async function whyNotToTag(
	step: RelinkStep & {kind: 'restore-tag'},
	{links}: Store,
	{ports, signal}: ActionContext,
): Promise<string | undefined> {
	const now = await ports.registry.manifest(step.repository, step.tag, {signal});
	if (now.state === 'found' && now.digest !== step.digest) {
		return `${step.tag} has moved to ${shortDigest(now.digest)} since the scan, and is not changed. Scan again.`;
	}

	// It was gone with its repository when the change was approved, and is.
	if (step.vanished) {
		return undefined;
	}

	// 2.8 removes a tag with its folder, so a folder without a link is damage. @see registry/storage/tagstore.go, Untag
	const paths = [linkOf(step), tagFolder(step.repository, step.tag)];
	const isGone = now.state === 'missing' && paths.every(path => links.get(path)?.state !== 'there');
	return isGone ? `${step.tag} was removed since the scan, and is not restored. Scan again.` : undefined;
}

/** The first manifest that the steps store, from the disk. Undefined: it is not there, or cannot be read, which its step tells. */
export async function readFirst(
	steps: readonly RelinkStep[],
	storage: Storage | undefined,
	context: ActionContext,
): Promise<Store['first']> {
	const step = steps.find(({kind}) => kind === 'put-manifest' || kind === 'restore-tag');
	if (storage === undefined || step === undefined || step.sources !== undefined) {
		return undefined;
	}

	const {digest} = step;
	const manifest = await readManifest(step, {storage}, context).catch(() => undefined);
	return manifest && {digest, ...manifest};
}

/** From the disk; from a source where that has lost it; without a disk, from the registry. */
async function readManifest(
	step: RelinkStep,
	{storage, first}: Pick<Store, 'storage' | 'first'>,
	context: ActionContext,
): Promise<Manifest> {
	const {digest, repository} = step;
	if (first?.digest === digest) {
		return first;
	}

	const bytes =
		step.sources !== undefined
			? await manifestFromSources({repository, digest, sources: step.sources}, context)
			: storage !== undefined
				? await storage.readBlob(digest, context)
				: await servedManifest(repository, digest, context);
	const parsed = bytes && parseManifest(new TextDecoder().decode(bytes));
	if (!bytes || !parsed?.ok) {
		throw bytesGone(shortDigest(digest));
	}

	return {bytes, mediaType: parsed.manifest.mediaType};
}

async function servedManifest(
	repository: string,
	digest: Digest,
	{ports, signal}: ActionContext,
): Promise<Uint8Array | undefined> {
	const answer = await ports.registry.manifest(repository, digest, {signal});
	return answer.state === 'found' && answer.digest === digest ? answer.bytes : undefined;
}

export function bytesGone(what: string): OperatorError {
	return new OperatorError('relink.gone', `The bytes of ${what} are no longer on the disk.`, {
		hint: 'Scan again, then rebuild.',
		exit: 'failed',
	});
}
