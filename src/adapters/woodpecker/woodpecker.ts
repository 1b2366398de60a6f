import * as v from 'valibot';
import {OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../../engine/ports/ci.ts';
import {createHttp, type WoodpeckerOptions} from './http.ts';
import {createLogs} from './logs.ts';
import {failedSince, findRequest, readOne} from './pipelines.ts';
import {restart, restartOf} from './restart.ts';
import {createServer} from './server.ts';
import {trigger} from './trigger.ts';

const versionSchema = v.object({version: v.string()});

/** A Woodpecker server, 2.0 to 3.x. */
export function createWoodpecker(options: WoodpeckerOptions): Ci {
	const http = createHttp(options);
	const server = createServer(http);

	return {
		place: http.host,
		trigger: (order, waiting) => trigger(server, order, waiting),
		find: (order, waiting) => findRequest(server, order, waiting),
		async pipeline(repository, number, waiting) {
			const found = await readOne(server, await server.id(repository, waiting), number, waiting);
			if (!found) {
				throw new OperatorError('ci.pipeline-unknown', `${http.host} has no pipeline #${number} of ${repository}.`, {
					hint: 'The server deletes a pipeline that no workflow matches, and a user may delete one.',
					exit: 'failed',
				});
			}

			return found;
		},
		logs: createLogs(server),
		failed: (repository, since, waiting) => failedSince(server, repository, since, waiting),
		restart: (repository, number, waiting) => restart(server, repository, number, waiting),
		restartOf: (repository, number, waiting) => restartOf(server, repository, number, waiting),
		async check(repository, waiting) {
			const {login} = await server.user(waiting);
			await server.lookup(repository, waiting);
			const {json} = await http.get('/version', waiting);
			return {login, version: v.is(versionSchema, json) ? json.version : 'unknown'};
		},
		close: http.close,
	};
}
