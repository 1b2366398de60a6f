import {parentPort} from 'node:worker_threads';
import type {FromWorker, ToWorker} from './messages.ts';
import {createUnpackingLayer, type UnpackingLayer} from './unpack-layer.ts';

/** A thread that unpacks layers. Those of one thread take turns, piece by piece. */

const port = parentPort!;
const layers = new Map<number, {unpacking: UnpackingLayer; before: Promise<void>}>();

port.on('message', (message: ToWorker) => {
	const {id} = message;
	if (message.kind === 'open') {
		layers.set(id, {unpacking: createUnpackingLayer(message.layer), before: Promise.resolve()});
		return;
	}

	const layer = layers.get(id);
	if (layer === undefined) {
		return;
	}

	if (message.kind === 'close') {
		layers.delete(id);
		layer.unpacking.close();
		return;
	}

	layer.before = layer.before
		.then(() => act(layer.unpacking, message))
		.catch((error: unknown) => say({id, kind: 'failed', error}));
});

async function act(unpacking: UnpackingLayer, message: Extract<ToWorker, {kind: 'write' | 'end'}>): Promise<void> {
	const {id} = message;
	if (!layers.has(id)) {
		return;
	}

	if (message.kind === 'write') {
		await unpacking.write(message.chunk);
		const {buffer, length} = message.chunk;
		say({id, kind: 'took', bytes: length, buffer}, [buffer]);
	} else {
		say({id, kind: 'done', layer: await unpacking.end()});
		layers.delete(id);
	}
}

function say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
	port.postMessage(message, transfer);
}
