import {OperatorError} from '../../../domain/errors.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {Depth} from '../../../domain/image/verdict.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {secondLookMs} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {judgeCut} from './blob-judgement.ts';
import {createLooker, type Looker} from './blob-request.ts';

/**
 * Looks at a blob as deeply as asked. HEAD is only believed when it says yes: after a garbage collection it says yes from memory.
 * @throws OperatorError registry.*
 * @see distribution/distribution#4525
 */
export async function checkBlob(
	transport: Transport,
	repository: string,
	blob: Descriptor,
	depth: Depth,
	waiting: Waiting & {onBytes?: (count: number) => void},
): Promise<BlobAnswer> {
	const looker = createLooker(transport, repository, blob, waiting);
	const look = async () =>
		depth === 'content'
			? checkContent(looker, transport.host, blob)
			: ((depth === 'head' ? await looker.head() : undefined) ?? checkEdge(looker, blob));
	const first = await look();

	if (first.state !== 'unreadable') {
		return first;
	}

	await transport.patience.clock.sleep(secondLookMs, waiting);
	return look();
}

/** The last byte; and where it is promised and does not come, the same again before that is called a fault. */
async function checkEdge(looker: Looker, blob: Descriptor): Promise<BlobAnswer> {
	const first = await looker.part('bytes=-1', {fresh: false});
	if (first.state !== 'cut') {
		return first;
	}

	const second = await looker.part('bytes=-1', {fresh: true});
	if (second.state !== 'cut') {
		return second;
	}

	// Does it deliver anything at all?
	const beginning = await looker.part('bytes=0-0', {fresh: true});

	if (beginning.state === 'present' || beginning.state === 'cut') {
		return judgeCut(second.status, beginning.state === 'cut' ? beginning.received : 1, blob.size);
	}

	return beginning;
}

async function checkContent(looker: Looker, host: string, blob: Descriptor): Promise<BlobAnswer> {
	const first = await looker.whole({fresh: false});
	if (first.state !== 'cut') {
		return first;
	}

	const edge = await checkEdge(looker, blob);
	if (edge.state !== 'present') {
		return edge;
	}

	const second = await looker.whole({fresh: true});
	if (second.state !== 'cut') {
		return second;
	}

	throw new OperatorError('registry.cut-off', `${host} cuts a blob off twice, though its last byte is there.`, {
		hint: 'Look at the network and at the time limits of the proxy in front of the registry.',
		exit: 'unreachable',
		transient: true,
	});
}
