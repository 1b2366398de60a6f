import {createHash} from 'node:crypto';
import {OperatorError} from '../../../domain/errors.ts';
import {digestAlgorithm, digestHex} from '../../../domain/image/digest.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {BlobAnswer} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {absence, failure} from '../errors/explanations.ts';
import {expectStatus, storeRefuses} from '../errors/refusals.ts';
import {pullScope} from '../login/scope.ts';
import {type Answer, consume, discard, encoded} from '../response.ts';
import {patiently} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {judgeRange, judgeSize, type Look} from './blob-judgement.ts';

/** Slower than this for a whole blob counts as not moving. */
const slowestBytesPerMs = 64;
const shortestDeadlineMs = 60_000;

export type Looker = ReturnType<typeof createLooker>;

/** One look each: a request with what it shows. */
export function createLooker(
	transport: Transport,
	repository: string,
	blob: Descriptor,
	waiting: Waiting & {onBytes?: (count: number) => void},
) {
	const path = `${repository}/blobs/${blob.digest}`;
	const scope = pullScope(repository);
	const {size} = blob;
	/** Bytes that are told of; those that come again after a retry are not. */
	let told = 0;
	const deadline = shortestDeadlineMs + Math.ceil(size / slowestBytesPerMs);

	async function ask(method: 'GET' | 'HEAD', fresh: boolean, headers: Record<string, string> = {}): Promise<Answer> {
		const answer = await transport.ask(
			{method, path, scope, headers, fresh, mayLiveElsewhere: true, deadline},
			waiting,
		);
		const expected = method === 'HEAD' ? [200, 404, 405, 416, 500] : [200, 206, 404, 416, 500];
		if (answer.host !== transport.host && (answer.status === 401 || answer.status === 403)) {
			discard(answer);
			throw storeRefuses(answer, transport.host);
		}

		await expectStatus(answer, expected, await transport.user());
		const encoding = answer.header('content-encoding') ?? 'identity';

		if (encoding.toLowerCase() !== 'identity') {
			discard(answer);
			throw encoded(answer.host, encoding);
		}

		return answer;
	}

	async function judgeWhole(answer: Answer): Promise<Look> {
		const {status} = answer;
		const announced = answer.header('content-length');

		if (announced !== undefined && Number(announced) !== size) {
			discard(answer);
			return judgeSize(status, Number(announced), size);
		}

		const hash = createHash(digestAlgorithm(blob.digest));
		let arrived = 0;
		const {received, isCut} = await receive(answer, chunk => {
			hash.update(chunk);
			arrived += chunk.length;

			if (arrived > told) {
				waiting.onBytes?.(arrived - told);
				told = arrived;
			}
		});

		// Without a length, an answer that ends with its connection may be cut off, too.
		if (isCut || (announced === undefined && received < size)) {
			return {state: 'cut', status, received};
		}

		if (received !== size) {
			return judgeSize(status, received, size);
		}

		return hash.digest('hex') === digestHex(blob.digest)
			? {state: 'present', status}
			: {state: 'corrupt', status, detail: 'its bytes do not hash to its digest'};
	}

	/** What there is to say of a blob that is not served; undefined: it is. */
	async function refused(answer: Answer): Promise<Look | undefined> {
		const {status} = answer;
		if (status === 404) {
			return {state: 'missing', status, detail: await absence(answer)};
		}

		return status === 500
			? {state: 'unreadable', status, detail: await failure(answer, await transport.user())}
			: undefined;
	}

	const patient = <T>(look: () => Promise<T>) => patiently(look, transport.patience, waiting);

	const looker = {
		/** Undefined: not clear enough to go by. */
		head: () =>
			patient(async (): Promise<BlobAnswer | undefined> => {
				const answer = await ask('HEAD', false);
				await consume(answer);
				const length = Number(answer.header('content-length') ?? size);
				return answer.status === 200 && length === size ? {state: 'present', status: 200} : undefined;
			}),

		whole: ({fresh}: {fresh: boolean}) =>
			patient(async (): Promise<Look> => {
				const answer = await ask('GET', fresh);
				return answer.status === 200 ? judgeWhole(answer) : ((await refused(answer)) ?? unasked(answer));
			}),

		async part(range: string, {fresh}: {fresh: boolean}): Promise<Look> {
			const look = await patient(async (): Promise<Look | undefined> => {
				const answer = await ask('GET', fresh, {range});
				const {status} = answer;
				const refusal = await refused(answer);
				if (refusal !== undefined) {
					return refusal;
				}

				// A server that does not know ranges sends everything; then everything is looked at.
				if (status !== 206 && status !== 416) {
					return judgeWhole(answer);
				}

				const judgement =
					range === 'bytes=-1' || status === 416
						? judgeRange(status, answer.header('content-range'), size)
						: {state: 'promised' as const, bytes: 1};

				if (judgement.state === 'unclear') {
					discard(answer);
					return undefined;
				}

				const {received, isCut} = await receive(answer);

				if (judgement.state !== 'promised') {
					return judgement;
				}

				return isCut || received < judgement.bytes ? {state: 'cut', status, received} : {state: 'present', status};
			});
			return look ?? looker.whole({fresh});
		},
	};
	return looker;
}

/** Reads a body to its end, or to where it is cut off. */
async function receive(answer: Answer, onChunk: (chunk: Uint8Array) => void = () => {}) {
	let received = 0;

	try {
		await consume(answer, chunk => {
			received += chunk.length;
			onChunk(chunk);
		});
		return {received, isCut: false};
	} catch (error) {
		if (error instanceof OperatorError && error.code === 'registry.cut-off') {
			return {received, isCut: true};
		}

		throw error;
	}
}

function unasked(answer: Answer): never {
	discard(answer);
	throw new OperatorError('registry.unexpected-answer', `${answer.host} answers ${answer.status} to a plain request.`, {
		hint: 'Look at the proxy in front of the registry.',
		exit: 'failed',
	});
}
