import type {ErrorCode} from '../../../src/domain/error-codes.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {type BuiltImage, blobOf, type ManifestBlob} from '../../../src/drills/images/image.ts';
import type {BlobAnswer, ManifestAnswer, Registry} from '../../../src/engine/ports/registry.ts';
import {catalogueOf} from '../../support/fake-ports.ts';

export const host = 'registry.example:5000';
export const latest = parseReference(`${host}/acme/app:latest`);
export const missing = {state: 'missing', status: 404, detail: 'manifest unknown'} as const;

export type Shelf = Registry & {
	manifests: Map<string, ManifestAnswer | OperatorError>;
	blobs: Map<string, BlobAnswer | OperatorError>;
	known: string[] | undefined;
	asked: string[];
	/** Before each answer. */
	pause: () => Promise<void>;
};

/** A registry that answers from two maps; what is in neither is missing. */
export function shelf(...images: BuiltImage[]): Shelf {
	const answer = <T>(value: T | OperatorError): T => {
		if (value instanceof OperatorError) {
			throw value;
		}

		return value;
	};
	/** A second opinion is no question of the walk. */
	function uncounted<T>(ask: () => T): T {
		const before = self.asked.length;
		const answered = ask();
		self.asked.length = before;
		return answered;
	}

	const contents = new Map(
		images.flatMap(({blobs}) => blobs.map(({digest, bytes}) => [digest as string, bytes] as const)),
	);
	const self: Shelf = {
		host,
		manifests: new Map(),
		blobs: new Map(),
		known: ['latest'],
		asked: [],
		pause: async () => {},
		async manifest(_, reference, {signal}) {
			signal.throwIfAborted();
			self.asked.push(reference);
			await self.pause();
			return answer(self.manifests.get(reference) ?? missing);
		},
		async blob(_, {digest}, __, {signal, onContent}) {
			signal.throwIfAborted();
			self.asked.push(digest);
			await self.pause();
			const answered = answer(self.blobs.get(digest) ?? {...missing, detail: 'blob unknown to registry'});
			if (answered.state === 'present') {
				onContent?.(contents.get(digest)!);
			}

			return answered;
		},
		servesFromMemory: async () => false,
		certificate: () => undefined,
		login: () => undefined,
		rateLimit: () => undefined,
		askLimit: async () => undefined,
		tags: async () => self.known,
		putManifest: () => Promise.reject(new Error('a walk never writes')),
		deleteManifest: () => Promise.reject(new Error('a walk never writes')),
		mountBlob: () => Promise.reject(new Error('a walk never writes')),
		uploadBlob: () => Promise.reject(new Error('a walk never writes')),
		repositories: catalogueOf(),
		busy: () => 0,
		requests: () => self.asked.length,
		fresh: () => ({
			...self,
			manifest: (...question) => uncounted(() => self.manifest(...question)),
			blob: (...question) => uncounted(() => self.blob(...question)),
		}),
		close: async () => {},
	};

	for (const {index, manifests, blobs} of images) {
		for (const manifest of [index, ...manifests]) {
			self.manifests.set(manifest.digest, found(manifest));
		}

		self.manifests.set('latest', found(index));
		for (const {digest} of blobs) {
			self.blobs.set(digest, {state: 'present', status: 206});
		}
	}

	return self;
}

export const found = ({bytes, digest, mediaType}: ManifestBlob): ManifestAnswer => ({
	state: 'found',
	bytes,
	digest,
	mediaType,
});
export const failure = (code: ErrorCode, exit: 'unreachable' | 'refused' | 'failed') =>
	new OperatorError(code, `It says ${code}.`, {hint: 'Look.', exit});

export function document(content: object, mediaType: string = mediaTypes.ociIndex): ManifestBlob {
	return {...blobOf(JSON.stringify({schemaVersion: 2, mediaType, ...content})), mediaType};
}

export const descriptor = ({digest, bytes, mediaType}: ManifestBlob, more: object = {}) => ({
	digest,
	size: bytes.length,
	mediaType,
	...more,
});
