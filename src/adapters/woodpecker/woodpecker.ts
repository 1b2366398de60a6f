import {OperatorError} from '../../domain/errors.ts';
import type {Ci} from '../../engine/ports/ci.ts';
import {control} from './control.ts';
import {createHttp, type WoodpeckerOptions} from './http.ts';
import {createLog} from './logs.ts';
import {createdSince, findRequest, livePipelines, readOne} from './pipelines.ts';
import {queueOf} from './queue.ts';
import {access, readiness} from './readiness.ts';
import {restart, restartOf} from './restart.ts';
import {createServer} from './server.ts';
import {trigger} from './trigger.ts';

/** Lines come one to three seconds after the end, some more after a restart of the server. */
const logQuietMs = 4_000;
/** The server asks the forge for the pipeline file for 15 s and more before a pipeline is there. */
const lostReplyMs = 75_000;

/** A Woodpecker server, 2.0 to 3.x. */
export function createWoodpecker(options: WoodpeckerOptions): Ci {
	const http = createHttp(options);
	const server = createServer(http);
	const {speed = 1} = options;
	const patience = {logQuietMs: logQuietMs / speed, lostReplyMs: lostReplyMs / speed};

	return {
		place: http.host,
		patience,
		ready: (build, waiting) => readiness(server, build, waiting),
		trigger: (order, waiting) => trigger(server, order, waiting),
		find: (order, waiting) => findRequest(server, order, waiting),
		async pipeline(repository, number, waiting) {
			const found = await readOne(server, await server.id(repository, waiting), number, waiting);
			if (!found) {
				throw new OperatorError('ci.pipeline-unknown', `${http.host} has no pipeline ${number} of ${repository}.`, {
					hint: 'The server deletes a pipeline that no workflow matches, and a user may delete one.',
					exit: 'failed',
				});
			}

			return found;
		},
		log: repository => createLog(server, repository, patience.logQuietMs),
		live: (repository, waiting) => livePipelines(server, repository, waiting),
		since: (repository, since, waiting) => createdSince(server, repository, since, waiting),
		access: (repository, waiting) => access(server, repository, waiting),
		restart: (repository, number, waiting) => restart(server, repository, number, waiting),
		restartOf: (repository, number, waiting) => restartOf(server, repository, number, waiting),
		queue: (pipeline, repository, waiting) => queueOf(server, {pipeline, repository}, waiting),
		cancel: (repository, number, waiting) => control(server, {repository, number, verb: 'cancel'}, waiting),
		approve: (repository, number, waiting) => control(server, {repository, number, verb: 'approve'}, waiting),
		close: http.close,
	};
}
