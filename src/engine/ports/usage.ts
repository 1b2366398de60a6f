import type {Usage} from '../../domain/usage/usage.ts';
import type {Waiting} from './waiting.ts';

/** What knows which images are used: a cluster, a command, a file. */
export type UsageReader = {
	/** `kubectl, context prod` */
	readonly source: string;
	/** Every `host[:port]` by which pulls name the registry. */
	readonly hosts: readonly string[];
	/**
	 * Only reads. A part that cannot be looked at is in `notLookedAt`.
	 * @throws OperatorError workloads.*: nothing could be looked at
	 */
	read(waiting: Waiting): Promise<Usage>;
};
