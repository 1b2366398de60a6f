import type {Clock} from '../../engine/ports/clock.ts';
import type {RequestRecord} from './options.ts';

/** Starts the clock for one request. @returns ends it: with a status, or without where no answer came */
export function recorder(
	onRequest: (request: RequestRecord) => void,
	clock: Pick<Clock, 'now' | 'monotonic'>,
	method: string,
	url: string,
): (status?: number) => void {
	const at = clock.now().toISOString();
	const start = clock.monotonic();
	return status =>
		onRequest({
			at,
			method,
			url,
			...(status === undefined ? {} : {status}),
			milliseconds: Math.round(clock.monotonic() - start),
		});
}
