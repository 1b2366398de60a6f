import type {PathState} from '../../domain/storage/listing/listing.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

type Recheck = (paths: readonly string[], waiting: Waiting) => Promise<Map<string, PathState>>;
type Batch = {paths: Set<string>; waiting: number; stop: AbortController; found: ReturnType<Recheck>};

/**
 * One command at a time; what is asked while it runs is asked together by the next. A plan of 3,000 images rechecks the parts of each:
 * that would be 3,000 commands, a fork of this process or an SSH channel each.
 */
export function recheckTogether(recheck: Recheck): Recheck {
	let last: Promise<unknown> = Promise.resolve();
	let open: Batch | undefined;

	function openBatch(): Batch {
		const stop = new AbortController();
		const paths = new Set<string>();
		const found = last.then(() => {
			close(batch);
			stop.signal.throwIfAborted();
			return recheck([...paths], {signal: stop.signal});
		});
		last = found.catch(() => {});
		const batch = {paths, waiting: 0, stop, found};
		return batch;
	}

	/** Nobody else joins it. */
	function close(batch: Batch): void {
		open = open === batch ? undefined : open;
	}

	return async (paths, {signal}) => {
		signal.throwIfAborted();
		open ??= openBatch();
		const batch = open;
		batch.waiting++;
		for (const path of paths) {
			batch.paths.add(path);
		}

		const aborted = Promise.withResolvers<never>();
		const leave = () => aborted.reject(signal.reason);
		signal.addEventListener('abort', leave, {once: true});
		try {
			const found = await Promise.race([batch.found, aborted.promise]);
			return new Map(paths.map(path => [path, found.get(path) ?? {state: 'unread'}]));
		} finally {
			signal.removeEventListener('abort', leave);
			batch.waiting--;
			// Nobody waits for it any more: a command that hangs must not hold up the next.
			if (batch.waiting === 0) {
				close(batch);
				batch.stop.abort(new Error('Nobody waits for it any more.'));
			}
		}
	};
}
