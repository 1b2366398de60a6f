import {openPorts, type Surroundings} from '../composition/open-ports.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import type {Configuration} from '../domain/configuration.ts';
import {type ExitMeaning, exitCodes, OperatorError} from '../domain/errors.ts';
import type {ImageReference} from '../domain/reference.ts';
import {visibleJson, visibleLine} from '../domain/visible.ts';
import type {Invocation} from './invocation.ts';

type Line = {what: string; ok: boolean; say: string; hint?: string; exit?: ExitMeaning};

/** `regmedic check`: configuration, credentials, registries, hosts and CI, each with what to do where it is not well. */
export async function check(invocation: Invocation): Promise<number> {
	const surroundings = await surroundingsOf(invocation);
	const lines: Line[] = [
		{
			what: 'configuration',
			ok: true,
			say: surroundings.configurationFile ?? 'none: regmedic works on what the command line names',
		},
	];

	for (const [name, {url}] of Object.entries(surroundings.configuration.registries)) {
		lines.push(...(await checkRegistry(name, new URL(url).host, surroundings, invocation.signal)));
	}

	if (invocation.flags.json) {
		invocation.print(`${visibleJson({schema: 'regmedic.check/1', checks: lines}, '  ')}\n`);
	} else {
		for (const {what, ok, say, hint} of lines) {
			invocation.print(
				`${visibleLine(`${ok ? 'ok    ' : 'NOT OK'}  ${what}: ${say}`)}\n${hint === undefined ? '' : `        ${visibleLine(hint)}\n`}`,
			);
		}
	}

	const worst = lines.find(({ok}) => !ok)?.exit;
	return worst === undefined ? exitCodes.done : exitCodes[worst];
}

async function checkRegistry(
	name: string,
	host: string,
	surroundings: Surroundings,
	signal: AbortSignal,
): Promise<Line[]> {
	const image = firstImageOf(name, surroundings.configuration);
	const reference: ImageReference = {host, repository: image ?? 'regmedic-check', tag: 'latest'};
	const {ports, close} = openPorts(reference, surroundings);

	try {
		return [
			// Any answer about any repository proves the way, the certificate and the credentials.
			await attempt(`registry ${name}`, async () => {
				const tags = await ports.registry.tags(reference.repository, {signal});
				return image === undefined
					? `${host} answers`
					: tags === undefined
						? `${host} answers; it has no ${image}`
						: `${host} answers; ${image} has ${tags.length} tags`;
			}),
			...(ports.storage
				? [
						await attempt(`storage ${name}`, async () => {
							const {files} = await ports.storage!.upkeep({signal});
							return `${ports.storage!.place} answers; ${files.length} files of its upkeep read`;
						}),
					]
				: []),
			...(ports.ci && surroundings.configuration.images[image ?? '']?.build
				? [
						await attempt(`CI for ${image}`, async () => {
							const {repository} = surroundings.configuration.images[image!]!.build!;
							await ports.ci!.failed(repository, ports.clock.now().toISOString(), {signal});
							return `${ports.ci!.place} answers for ${repository}`;
						}),
					]
				: []),
		];
	} finally {
		await close();
	}
}

function firstImageOf(registry: string, {images}: Configuration): string | undefined {
	return Object.entries(images).find(([, image]) => image.registry === registry)?.[0];
}

async function attempt(what: string, ask: () => Promise<string>): Promise<Line> {
	try {
		return {what, ok: true, say: await ask()};
	} catch (error) {
		if (error instanceof OperatorError) {
			return {what, ok: false, say: error.message, hint: error.hint, exit: error.exit};
		}

		throw error;
	}
}
