import {OperatorError} from '../../domain/errors.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {attempt, type Line} from './line.ts';

/** Whether the command for the Redis of the registry's cache gets an answer. It is asked PING alone. */
export function redisLine(name: string, command: string, storage: Storage, signal: AbortSignal): Promise<Line> {
	return attempt(`redis ${name}`, async () => {
		const {exitCode, output} = await storage.redisAnswer({signal});
		const lines = output.split('\n').map(line => line.trim());
		if (lines.includes('PONG')) {
			return `"${command}" reaches Redis (PONG); nothing was changed`;
		}

		const last = lines.findLast(line => line !== '') ?? `it printed nothing and ended with ${exitCode}`;
		throw new OperatorError(
			'check.redis',
			`"${command}" at ${storage.place} does not reach Redis: ${last.replace(/\.+$/, '')}.`,
			{
				hint: hintFor(exitCode, last),
				exit: 'failed',
			},
		);
	});
}

/** @see redis-cli 7: "Could not connect to Redis at …: Connection refused", "NOAUTH Authentication required." */
function hintFor(exitCode: number, said: string): string {
	if (/NOAUTH|WRONGPASS|NOPERM/.test(said)) {
		return 'Have the command read the password where it runs, from a file that only that user may read: `REDISCLI_AUTH=$(cat FILE) redis-cli …`.';
	}

	return exitCode === 127
		? 'Correct storage.redis, or install redis-cli there. Where Redis runs in a container: `docker exec -i NAME redis-cli`.'
		: 'Correct the address in storage.redis (redis.addr in the registry’s configuration, as its host reaches it), or start Redis.';
}
