import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import type {LayerToUnpack} from './unpack-layer.ts';

/** What the main thread tells a worker of one of its layers. */
export type ToWorker = {id: number} & (
	| {kind: 'open'; layer: LayerToUnpack}
	| {kind: 'write'; chunk: Uint8Array<ArrayBuffer>}
	| {kind: 'end'}
	| {kind: 'close'}
);

/** `took`: a piece is worked through, and its memory comes back. */
export type FromWorker = {id: number} & (
	| {kind: 'took'; bytes: number; buffer: ArrayBuffer}
	| {kind: 'done'; layer: UnpackedLayer}
	| {kind: 'failed'; error: unknown}
);
