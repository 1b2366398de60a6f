import {buildImage} from '../image.ts';
import {PushRefused, pushImage} from '../push-image.ts';
import type {BasicCredentials} from '../registry/authorization.ts';
import type {AgentDuties} from './agent.ts';
import {canPull, digestOfTag} from './pull.ts';

/** @see counts() of the world: pushes under this name are not somebody's own changes */
export const ciAgent = 'woodpecker-plugin (regmedic drill)';

export function createDuties(target: {
	registryUrl: string;
	repository: string;
	tag: string;
	credentials: BasicCredentials;
	seed: string;
}): AgentDuties {
	const {tag, seed} = target;

	return {
		canPull: signal => canPull({...target, signal}),
		async push({number}, signal) {
			const image = buildImage({seed: `${seed} pipeline ${number}`});

			// Pushed in an earlier life of the world: the tag comes last, so everything is there.
			if ((await digestOfTag({...target, signal})) === image.index.digest) {
				return true;
			}

			try {
				await pushImage({...target, tags: [tag], image, agent: ciAgent, signal});
				return true;
			} catch (error) {
				if (error instanceof PushRefused) {
					return false;
				}

				throw error;
			}
		},
	};
}
