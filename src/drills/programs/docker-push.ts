import {buildOnePlatform} from '../images/image.ts';
import {PushRefused, pushImage} from '../images/registry-client.ts';
import {type ProgramContext, ProgramFailure} from './context.ts';
import {hostPlatform, seedOf, splitReference} from './docker-build.ts';
import {requireDrillRegistry, storedLogin} from './docker-login.ts';
import {readOptions, valuesOf} from './docker-options.ts';

/** The user agent of these pushes, by which the world tells them from an operator's own. @see counts() of the world */
export const builderAgent = 'docker/27.3.1 (regmedic drill)';

export async function dockerPush(words: string[], configFolder: string, context: ProgramContext): Promise<void> {
	const {out, work} = context;
	const {options, positional} = readOptions(words, ['--platform']);
	const reference = positional[0] ?? '';
	const {host, repository, tag} = splitReference(reference);
	const say = valuesOf(options, '-q', '--quiet').length > 0 ? () => {} : out;
	say(`The push refers to repository [${host}/${repository}]`);
	const seed = await seedOf(context, `${host}/${repository}:${tag}`);

	if (seed === undefined) {
		throw new ProgramFailure(1, `An image does not exist locally with the tag: ${host}/${repository}`);
	}

	requireDrillRegistry(host, context);
	const image = buildOnePlatform(seed, hostPlatform);
	const layers = image.blobs.filter((_, n) => n % 3 !== 0);

	for (const {digest} of layers) {
		say(`${digest.slice(7, 19)}: Preparing`);
	}

	await work(700);

	try {
		const credentials = await storedLogin(configFolder, host);
		await context.withRetries(() =>
			pushImage({
				registryUrl: `http://${host}`,
				repository,
				tags: [tag],
				image,
				credentials,
				agent: builderAgent,
				signal: AbortSignal.timeout(60_000),
			}),
		);
	} catch (error) {
		if (error instanceof PushRefused) {
			throw new ProgramFailure(
				1,
				error.status === 401 ? 'no basic auth credentials' : `error from registry: ${error.message}`,
			);
		}

		throw error;
	}

	for (const {digest} of layers) {
		say(`${digest.slice(7, 19)}: Pushed`);
	}

	say(`${tag}: digest: ${image.index.digest} size: ${image.index.bytes.length}`);
}
