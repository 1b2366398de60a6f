import {OperatorError} from '../../domain/errors.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {repositoryPath, type Server} from './server.ts';

type Control = {repository: string; number: number; verb: 'cancel' | 'approve'};

/** Cancels or approves a pipeline with one POST. @throws OperatorError ci.rejected | effect.unknown */
export async function control(server: Server, {repository, number, verb}: Control, waiting: Waiting): Promise<void> {
	const {http} = server;
	const id = await server.id(repository, waiting);
	const what = `${verb === 'cancel' ? 'The cancel' : 'The approval'} of pipeline ${number} of ${repository}`;
	const {status, text} = await http.post(`${repositoryPath(id)}/pipelines/${number}/${verb}`, undefined, what, waiting);
	if (status < 300) {
		return;
	}

	// 400 says that its status has changed; 404 also that the user may not push. @see test/recorded/woodpecker, 056, 068, 083
	throw new OperatorError(
		'ci.rejected',
		`${http.host} did not ${verb} pipeline ${number} of ${repository} (${text || `status ${status}`}).`,
		{
			hint:
				status === 404
					? 'The user of the token has to have push rights. Else do it on the web page of the CI.'
					: 'Its state has changed meanwhile: look at its page.',
			exit: 'failed',
		},
	);
}
