import path from 'node:path';
import {type ProgramContext, ProgramFailure} from './context.ts';
import {dockerBuild, hostPlatform, seedOf, tagLocally} from './docker-build.ts';
import {dockerLogin} from './docker-login.ts';
import {dockerPush} from './docker-push.ts';

const version = '27.3.1';

/** The part of the docker command that a fallback build uses. */
export async function docker(args: string[], context: ProgramContext): Promise<void> {
	let configFolder =
		context.environment.DOCKER_CONFIG ?? path.join(context.environment.HOME ?? context.paths.vm, '.docker');
	let [command, ...words] = args;

	if (command === '--config') {
		[configFolder = configFolder, command, ...words] = words;
	}

	if (command?.startsWith('--config=')) {
		configFolder = command.slice('--config='.length);
		[command, ...words] = words;
	}

	switch (command) {
		case '--version':
		case '-v':
			context.out(`Docker version ${version}, build ce12230`);
			return;
		case 'version':
		case 'info':
			context.out(
				words.some(isPlatform)
					? hostPlatform
					: words.some(isFormat)
						? version
						: `Client:\n Version: ${version}\nServer:\n Version: ${version}`,
			);
			return;
		case 'context':
			context.out(words.some(isFormat) ? 'unix:///var/run/docker.sock' : 'default');
			return;
		case 'buildx':
			return words[0] === 'build'
				? dockerBuild(words.slice(1), context)
				: context.out('github.com/docker/buildx v0.17.1');
		case 'build':
			return dockerBuild(words, context);
		case 'login':
			return dockerLogin(words, configFolder, context);
		case 'tag':
			return dockerTag(words, context);
		case 'push':
			return dockerPush(words, configFolder, context);
		default:
			throw new ProgramFailure(1, `docker: '${command ?? ''}' is not a docker command.\nSee 'docker --help'`);
	}
}

async function dockerTag([source = '', target = '']: string[], context: ProgramContext): Promise<void> {
	const seed = await seedOf(context, source);
	if (seed === undefined) {
		throw new ProgramFailure(1, `Error response from daemon: No such image: ${source}`);
	}

	await tagLocally(context, target, seed);
}

/** Of a template such as `{{.Server.Os}}/{{.Server.Arch}}`. */
function isPlatform(word: string): boolean {
	return word.includes('.Server.Arch');
}

function isFormat(word: string): boolean {
	return word === '-f' || word.startsWith('--format');
}
