import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import type {BlobAnswer, BlobObserver} from '../ports/registry.ts';
import type {Unpacker} from '../ports/unpacker.ts';
import type {PartDescriptor} from './parts.ts';

/** Layers that are unpacked while they are read, each once, however many images share them. */
export function createUnpackedLayers(unpacker: Unpacker | undefined) {
	const known = new Map<string, UnpackedLayer>();
	// The same bytes are another layer where their type says another compression.
	const keyOf = ({digest, mediaType}: PartDescriptor) => `${digest} ${mediaType}`;

	return {
		get: (descriptor: PartDescriptor): UnpackedLayer | undefined => known.get(keyOf(descriptor)),

		/** Whether it is to be unpacked, and was not yet. */
		lacks: (descriptor: PartDescriptor): boolean =>
			unpacker !== undefined && descriptor.unpacks === true && !known.has(keyOf(descriptor)),

		/** @param ask reads the layer */
		async during(
			descriptor: PartDescriptor,
			ask: (observer: Pick<BlobObserver, 'onChunk'>) => Promise<BlobAnswer>,
		): Promise<BlobAnswer> {
			const {digest, mediaType} = descriptor;
			const layer = unpacker!.open({digest, ...(mediaType !== undefined && {mediaType})});
			try {
				const answer = await ask({
					onChunk(chunk, before) {
						if (before === 0) {
							layer.restart();
						}

						return layer.write(chunk);
					},
				});
				if (answer.state === 'present') {
					known.set(keyOf(descriptor), await layer.end());
				}

				return answer;
			} finally {
				layer.close();
			}
		},
	};
}
