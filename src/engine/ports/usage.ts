import type {Usage} from '../../domain/usage/usage.ts';
import type {Waiting} from './waiting.ts';

/** What knows which images are used: a cluster, a command, a file. */
export type UsageReader = {
	/**
	 * Only reads. A part that cannot be looked at is in `notLookedAt`.
	 * @throws OperatorError workloads.*: nothing could be looked at
	 */
	read(waiting: Waiting): Promise<Usage>;
};
