import type {Configuration, RegistryConfiguration} from '../../domain/configuration.ts';
import {type ExitMeaning, exitCodes, OperatorError} from '../../domain/errors.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import type {Invocation} from '../../invocation.ts';
import {type OpenPorts, openPorts, type Surroundings} from '../../wiring/open-ports.ts';
import {surroundingsOf} from '../../wiring/surroundings.ts';

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
		const {stdout} = invocation.terminal;
		const columns = readableColumns((stdout.isTTY && stdout.columns) || undefined);
		const indent = ' '.repeat(8);
		const said = lines.flatMap(({what, ok, say, hint}) => [
			...wrap(`${what}: ${say}`, {first: ok ? 'ok      ' : 'NOT OK  ', rest: indent, columns}),
			...(hint === undefined ? [] : wrap(hint, {first: indent, columns})),
		]);
		invocation.print(`${said.join('\n')}\n`);
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
	let opened: OpenPorts;
	try {
		opened = openPorts(reference, surroundings);
	} catch (error) {
		// What cannot even be opened keeps no other from being checked.
		return [failed(`registry ${name}`, error)];
	}

	const {ports, close} = opened;
	const {storage, ci, clock} = ports;
	try {
		return [
			// Any answer about any repository proves the way, the certificate and the credentials.
			await attempt(
				`registry ${name}`,
				async () => {
					const tags = await ports.registry.tags(reference.repository, {signal});
					return image === undefined
						? `${host} answers`
						: tags === undefined
							? `${host} answers; it has no ${image}`
							: `${host} answers; ${image} has ${count(tags.length, 'tag')}`;
				},
				sourceOf(surroundings.configuration.registries[name]!.credentials),
			),
			...(storage ? [await attempt(`storage ${name}`, () => checkStorage(storage, signal))] : []),
			...(ci && surroundings.configuration.images[image ?? '']?.build
				? [
						await attempt(`CI for ${image}`, async () => {
							const {repository} = surroundings.configuration.images[image!]!.build!;
							await ci.failed(repository, clock.now().toISOString(), {signal});
							return `${ci.place} answers for ${repository}`;
						}),
					]
				: []),
		];
	} finally {
		await close();
	}
}

async function checkStorage(storage: Storage, signal: AbortSignal): Promise<string> {
	const {files, gaps, disk, holdsRepositories} = await storage.upkeep({signal});
	if (disk === undefined) {
		throw new OperatorError(
			'check.storage',
			`${storage.place} answers, but not from that folder: ${gaps.join('; ')}.`,
			{
				hint: 'Mend storage.root in the configuration, or let this user enter the folder.',
				exit: 'configuration',
			},
		);
	}

	return [
		`${storage.place} answers`,
		...(holdsRepositories ? [] : ['no repository is in it']),
		`${count(files.length, 'file')} of its upkeep read`,
		...(gaps.length === 0 ? [] : [`${count(gaps.length, 'thing')} could not be looked at (regmedic audit names them)`]),
	].join('; ');
}

function firstImageOf(registry: string, {images}: Configuration): string | undefined {
	return Object.entries(images).find(([, image]) => image.registry === registry)?.[0];
}

async function attempt(what: string, ask: () => Promise<string>, source?: string): Promise<Line> {
	try {
		return {what, ok: true, say: await ask()};
	} catch (error) {
		const line = failed(what, error);
		const refused = error instanceof OperatorError && error.code === 'registry.unauthorized';
		// The error's own hint is to come here.
		return refused && source !== undefined ? {...line, hint: `They come from ${source}: correct them there.`} : line;
	}
}

/** Where the credentials came from; a name, never what it holds. */
function sourceOf(credentials: RegistryConfiguration['credentials']): string | undefined {
	if (credentials === undefined) {
		return undefined;
	}

	if ('docker' in credentials) {
		return 'Docker’s stores';
	}

	if ('env' in credentials) {
		return `${credentials.env.username} and ${credentials.env.password}`;
	}

	const {password} = credentials;
	return 'env' in password ? password.env : 'file' in password ? password.file : `the command ${password.command[0]}`;
}

function failed(what: string, error: unknown): Line {
	if (error instanceof OperatorError) {
		return {what, ok: false, say: error.message, hint: error.hint, exit: error.exit};
	}

	throw error;
}
