import {OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../../engine/ports/ci.ts';
import {failed} from './failed.ts';
import {find} from './find.ts';
import {createHttp, type HttpOptions} from './http.ts';
import {readOne} from './listing.ts';
import {createLogs} from './logs.ts';
import {restart, restartOf} from './restart.ts';
import {createServer} from './server.ts';
import {trigger} from './trigger.ts';

export type WoodpeckerOptions = HttpOptions;

/** A Woodpecker server, 2.0 to 3.x. */
export function createWoodpecker(options: WoodpeckerOptions): Ci {
	const http = createHttp(options);
	const server = createServer(http);

	return {
		place: http.place,
		trigger: (order, waiting) => trigger(server, order, waiting),
		find: (order, waiting) => find(server, order, waiting),
		async pipeline(repository, number, waiting) {
			const found = await readOne(server, await server.id(repository, waiting), number, waiting);
			if (!found) {
				throw new OperatorError('ci.pipeline-unknown', `${http.place} has no pipeline #${number} of ${repository}.`, {
					hint: 'The server forgets a pipeline that matched nothing, and one that was deleted.',
					exit: 'failed',
				});
			}

			return found;
		},
		logs: createLogs(server),
		failed: (repository, since, waiting) => failed(server, repository, since, waiting),
		restart: (repository, number, waiting) => restart(server, repository, number, waiting),
		restartOf: (repository, number, waiting) => restartOf(server, repository, number, waiting),
		async check(repository, waiting) {
			const {login} = await server.user(waiting);
			await server.lookup(repository, waiting);
			const version = await http.get('/version', waiting);
			return {login, version: String((version.json as {version?: unknown} | undefined)?.version ?? 'unknown')};
		},
		close: http.close,
	};
}
