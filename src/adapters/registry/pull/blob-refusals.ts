import type {OperatorError} from '../../../domain/errors.ts';
import {discard, type RegistryResponse, readShort} from '../response.ts';
import type {Transport} from '../transport.ts';
import type {BlobFinding} from './blob-reading.ts';
import type {OptionalForm, OptionalForms} from './optional-forms.ts';

/** Redirects to ever new hosts end here. */
const mostRefusals = 8;
/** Statuses that may also be the verdict on the blob itself. */
const verdicts = [200, 404, 416, 500];
/** Statuses that may pass: the same request is sent again before it counts as refused. */
const passingStatuses = [408, 429, 500, 502, 503, 504];

type Refusal = {host: string; form: OptionalForm; status: number};

/** Takes a response as the refusal of that form. @throws OperatorError registry.*, where it may pass */
export type Refuse = (response: RegistryResponse, form: OptionalForm) => Promise<undefined>;

/** The optional forms that hosts refused for one blob. A refusal is learned once another form has found the blob. */
export function createBlobRefusals(forms: OptionalForms) {
	const refusals = new Map<string, Refusal>();
	const worthTrying = new Map<string, boolean>();
	let isWholeOnly = false;

	function add(refusal: Refusal): void {
		const {host, form, status} = refusal;
		refusals.set(`${form} ${host}`, refusal);
		// Only the plain GET, which every registry must answer, tells whether the blob is gone, the host down or the login refused.
		isWholeOnly ||= form !== 'head' && ([401, 404].includes(status) || passingStatuses.includes(status));
	}

	return {
		add,

		isOpen(host: string, form: OptionalForm): boolean {
			const key = `${form} ${host}`;
			if (refusals.has(key) || isWholeOnly || refusals.size >= mostRefusals) {
				return false;
			}

			const isWorth = worthTrying.get(key) ?? forms.isWorthTrying(host, form);
			worthTrying.set(key, isWorth);
			return isWorth;
		},

		/** @returns undefined where the host refuses the form, also in the retries of a refusal that may pass */
		async unlessRefused<T>(
			transport: Transport,
			attempt: (refuse: Refuse) => Promise<T | undefined>,
			retried: (attempt: () => Promise<T | undefined>) => Promise<T | undefined>,
		): Promise<T | undefined> {
			let passing: (Refusal & {error: OperatorError}) | undefined;

			const refuse: Refuse = async (response, form) => {
				const {host, status} = response;
				if (!passingStatuses.includes(status)) {
					await leave(response);
					add({host, form, status});
					return undefined;
				}

				const error = await transport.refusal(response);
				passing = isBusy(response) ? undefined : {error, host, form, status};
				throw error;
			};

			try {
				return await retried(() => attempt(refuse));
			} catch (error) {
				if (passing === undefined || passing.error !== error) {
					throw error;
				}

				add(passing);
				return undefined;
			}
		},

		learnFrom({state}: BlobFinding): void {
			for (const {host, form, status} of refusals.values()) {
				if (state === 'present' || !verdicts.includes(status)) {
					forms.refused(host, form);
				}
			}
		},
	};
}

/**
 * Reads an explanation, which leaves the connection usable; drops the rest. distribution 2.8 gives a 416 the length of the blob and
 * another body.
 */
async function leave(response: RegistryResponse): Promise<void> {
	if (response.status < 400 || response.status === 416) {
		discard(response);
	} else {
		await readShort(response);
	}
}

/** The host asks for a pause: other forms would only add to its load. */
function isBusy({status, header}: RegistryResponse): boolean {
	return status === 429 || (status === 503 && header('retry-after') !== undefined);
}
