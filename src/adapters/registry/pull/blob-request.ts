import {OperatorError} from '../../../domain/errors.ts';
import type {Descriptor} from '../../../domain/image/manifest.ts';
import type {BlobObserver} from '../../../engine/ports/registry.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readNotServed} from '../errors/not-served.ts';
import {pullScope} from '../request.ts';
import {consume, discard, isHtml, type RegistryResponse, rejectEncoding} from '../response.ts';
import {withRetries} from '../retry.ts';
import type {Transport} from '../transport.ts';
import {readBody, receive, type Wants} from './blob-body.ts';
import type {BlobFinding, BlobReading} from './blob-reading.ts';
import {createBlobRefusals, type Refuse} from './blob-refusals.ts';
import {judgeRange} from './blob-size.ts';
import type {OptionalForm, OptionalForms} from './optional-forms.ts';
import type {ReadBudget} from './read-budget.ts';

/** How long a blob may take, by its size: the manifest says that, so no size makes the wait longer than the last of these. */
const slowestBytesPerMs = 64;
const shortestDeadlineMs = 60_000;
const longestDeadlineMs = 6 * 60 * 60_000;
/** A response to a one-byte range is dropped after so many bytes. */
const mostOfRange = 64 * 1024;

/** Where blobs come from, and what was learned of it in this run. */
export type BlobSource = {transport: Transport; forms: OptionalForms; budget: ReadBudget};

export type BlobWaiting = Waiting & BlobObserver;

export type BlobRequests = ReturnType<typeof createBlobRequests>;

type RangeForm = Exclude<OptionalForm, 'head'>;

/** `last-byte`: all bytes are read if the budget allows, else only the headers. */
export type WantsOfWhole = Wants | 'last-byte';

/**
 * The requests for one blob. Each is retried if its failure may pass. HEAD and ranges are optional: any other response than the
 * requested one leads to the next form, and at last to a plain GET.
 * @see RFC 9110, 14.2: a server may ignore Range; OCI distribution-spec, "Pulling blobs"
 */
export function createBlobRequests(
	{transport, forms, budget}: BlobSource,
	repository: string,
	blob: Descriptor,
	waiting: BlobWaiting,
) {
	const {size} = blob;
	const refusals = createBlobRefusals(forms);
	/** Bytes reported so far. Those that arrive again after a retry are not reported again. */
	let reported = 0;

	function send(
		method: 'GET' | 'HEAD',
		fresh: boolean,
		headers: (host: string) => Record<string, string> = () => ({}),
	): Promise<RegistryResponse> {
		return transport.send(
			{
				method,
				path: `${repository}/blobs/${blob.digest}`,
				scope: pullScope(repository),
				headers,
				fresh,
				mayLeaveRegistry: true,
				isPaced: true,
				deadlineMs: Math.min(longestDeadlineMs, shortestDeadlineMs + Math.ceil(size / slowestBytesPerMs)),
			},
			waiting,
		);
	}

	const retried = <T>(attempt: () => Promise<T>) => withRetries(attempt, transport.retrying, waiting);
	const unlessRefused = <T>(attempt: (refuse: Refuse) => Promise<T | undefined>) =>
		refusals.unlessRefused(transport, attempt, retried);

	async function readWhole(response: RegistryResponse, wants: WantsOfWhole): Promise<BlobReading> {
		const {status, host} = response;
		if (status !== 200 && status !== 404 && status !== 500) {
			throw status < 300 || status === 416 ? unexpected(host, status) : await transport.refusal(response);
		}

		await transport.expectStatus(response, [status]);
		if (status !== 200) {
			return readNotServed(response, 'blob');
		}

		rejectEncoding(response);
		const wanted = wants === 'last-byte' ? (budget.spend(size) ? 'all' : 'size') : wants;
		return readBody(response, blob, wanted, {
			...waiting,
			onBytes(arrived) {
				if (arrived > reported) {
					waiting.onBytes?.(arrived - reported);
					reported = arrived;
				}
			},
		});
	}

	/** A response to a request for the last byte. Undefined: it is refused. */
	async function readRange(
		response: RegistryResponse,
		form: RangeForm,
		wants: WantsOfWhole,
		refuse: Refuse,
	): Promise<BlobReading | undefined> {
		const {status, host} = response;
		// The range is ignored.
		if (status === 200) {
			return readWhole(response, wants);
		}

		const judgement =
			status === 206 || status === 416 ? judgeRange(status, response.header('content-range'), size) : undefined;
		if (judgement === undefined || judgement.state === 'unclear') {
			return refuse(response, form);
		}

		await transport.expectStatus(response, [status]);
		rejectEncoding(response);
		forms.worked(host, form);
		if (judgement.state !== 'promised') {
			discard(response);
			return judgement;
		}

		const {received, isCut} = await receive(response, mostOfRange);
		return isCut || received < judgement.bytes
			? {state: 'cut', status, received, isWhole: false}
			: {state: 'present', status, proof: 'last-byte'};
	}

	function formFor(host: string): RangeForm | undefined {
		return refusals.isOpen(host, 'suffix')
			? 'suffix'
			: size > 0 && refusals.isOpen(host, 'exact')
				? 'exact'
				: undefined;
	}

	/** Undefined: the form that was sent is refused. */
	async function requestLastByte(wants: WantsOfWhole, fresh: boolean, refuse: Refuse) {
		let form: RangeForm | undefined;
		const response = await send('GET', fresh, host => {
			form = formFor(host);
			return form === undefined ? {} : {range: form === 'suffix' ? 'bytes=-1' : `bytes=${size - 1}-${size - 1}`};
		});
		return form === undefined ? readWhole(response, wants) : readRange(response, form, wants, refuse);
	}

	async function requestHead(refuse: Refuse): Promise<BlobFinding | undefined> {
		const response = await send('HEAD', false);
		const {status, host} = response;
		if (status !== 200) {
			return refuse(response, 'head');
		}

		await consume(response);
		const encoding = response.header('content-encoding') ?? 'identity';
		const length = response.header('content-length');
		// Without a length it says nothing of the size; a blob without bytes has none to say.
		const isOfSize = length === undefined ? size === 0 : Number(length) === size;
		if (isHtml(response) || encoding !== 'identity' || !isOfSize) {
			refusals.add({host, form: 'head', status});
			return undefined;
		}

		forms.worked(host, 'head');
		return {state: 'present', status, proof: 'size'};
	}

	return {
		/** Undefined: not present, or not clear enough. */
		async head(): Promise<BlobFinding | undefined> {
			return refusals.isOpen(forms.headHost() ?? transport.host, 'head') ? unlessRefused(requestHead) : undefined;
		},

		/** @param fresh on a connection of its own */
		async lastByte(wants: WantsOfWhole, fresh: boolean): Promise<BlobReading> {
			for (;;) {
				const reading = await unlessRefused(refuse => requestLastByte(wants, fresh, refuse));
				if (reading !== undefined) {
					return reading;
				}
			}
		},

		whole: (wants: WantsOfWhole, fresh: boolean): Promise<BlobReading> =>
			retried(async () => readWhole(await send('GET', fresh), wants)),

		learnFrom: refusals.learnFrom,
	};
}

function unexpected(host: string, status: number): OperatorError {
	return new OperatorError('registry.unexpected-answer', `${host} responded ${status} to a request without a range.`, {
		hint: 'Check the proxy in front of the registry.',
		exit: 'failed',
	});
}
