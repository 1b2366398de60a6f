import type {Configuration, RegistryConfiguration} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError, type ExitMeaning, exitCodes, OperatorError} from '../../domain/errors.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import type {Ci} from '../../engine/ports/ci.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import type {Invocation} from '../../invocation.ts';
import {openPorts} from '../../wiring/ports.ts';
import {readSetup, type Setup} from '../../wiring/setup.ts';

type Line = {what: string; ok: boolean; say: string; hint?: string; exit?: ExitMeaning};

/** `regmedic check`: checks configuration, credentials, registries, hosts and CI. A line that is not ok says what to do. */
export async function check(invocation: Invocation): Promise<number> {
	const setup = await readSetup(invocation);
	const {configuration, configurationFile} = setup;
	const lines: Line[] = [
		{
			what: 'configuration',
			ok: true,
			say: configurationFile ?? 'none: only what the command line names can be used',
		},
	];

	for (const [name, registry] of Object.entries(configuration.registries)) {
		lines.push(...(await checkRegistry(name, registry, setup)));
	}

	if (invocation.flags.json) {
		invocation.print(`${visibleJson({schema: 'regmedic.check/1', checks: lines}, '  ')}\n`);
	} else {
		const columns = readableColumns(invocation.terminal.columns());
		invocation.print(`${lines.flatMap(line => draw(line, columns)).join('\n')}\n`);
	}

	const failure = lines.find(({ok}) => !ok)?.exit;
	return failure === undefined ? exitCodes.done : exitCodes[failure];
}

function draw({what, ok, say, hint}: Line, columns: number): string[] {
	const indent = ' '.repeat(8);
	return [
		...wrap(`${what}: ${say}`, {first: ok ? 'ok      ' : 'NOT OK  ', rest: indent, columns}),
		...(hint === undefined ? [] : wrap(hint, {first: indent, columns})),
	];
}

/** The registry, its storage, and the CI of its first image. */
async function checkRegistry(name: string, {url, credentials}: RegistryConfiguration, setup: Setup): Promise<Line[]> {
	const {signal, configuration} = setup;
	const {host} = new URL(url);
	const image = firstImageOf(name, configuration);
	const repository = image ?? 'regmedic-check';
	const opened = open(() => openPorts({host, repository, tag: 'latest'}, setup));
	if (opened instanceof OperatorError) {
		// The other registries are still checked.
		return [failed(`registry ${name}`, opened)];
	}

	const {ports, close} = opened;
	const {registry, storage, ci} = ports;
	const build = configuration.images[image ?? '']?.build;
	try {
		return [
			await attempt(`registry ${name}`, () => checkTags(registry, {host, image, repository}, signal), credentials),
			...(storage ? [await attempt(`storage ${name}`, () => checkStorage(storage, signal))] : []),
			...(ci && build ? [await attempt(`CI for ${image}`, () => checkCi(ci, build.repository, signal))] : []),
		];
	} finally {
		await close();
	}
}

function open<T>(work: () => T): T | OperatorError {
	try {
		return work();
	} catch (error) {
		return asOperatorError(error);
	}
}

/** A response about any repository proves the connection, the certificate and the credentials. */
async function checkTags(
	registry: Registry,
	{host, image, repository}: {host: string; image: string | undefined; repository: string},
	signal: AbortSignal,
): Promise<string> {
	const tags = await registry.tags(repository, {signal});
	if (image === undefined) {
		return `${host} responds`;
	}

	return tags === undefined
		? `${host} responds; it has no ${image}`
		: `${host} responds; ${image} has ${count(tags.length, 'tag')}`;
}

async function checkStorage(storage: Storage, signal: AbortSignal): Promise<string> {
	const {files, gaps, disk, holdsRepositories} = await storage.maintenance({signal});
	if (disk === undefined) {
		throw new OperatorError(
			'check.storage',
			`${storage.place}: the host responds, but the folder cannot be read: ${gaps.join('; ')}.`,
			{
				hint: 'Fix storage.root in the configuration, or let this user enter the folder.',
				exit: 'configuration',
			},
		);
	}

	return [
		`${storage.place} responds`,
		...(holdsRepositories ? [] : ['no repository is in it']),
		`${count(files.length, 'maintenance file')} read`,
		...(gaps.length === 0 ? [] : [`${count(gaps.length, 'thing')} could not be read (regmedic audit names them)`]),
	].join('; ');
}

async function checkCi(ci: Ci, repository: string, signal: AbortSignal): Promise<string> {
	const {login, version} = await ci.check(repository, {signal});
	return `${ci.place} responds; ${login} can see ${repository} (version ${version})`;
}

function firstImageOf(registry: string, {images}: Configuration): string | undefined {
	return Object.entries(images).find(([, image]) => image.registry === registry)?.[0];
}

async function attempt(
	what: string,
	work: () => Promise<string>,
	credentials?: RegistryConfiguration['credentials'],
): Promise<Line> {
	try {
		return {what, ok: true, say: await work()};
	} catch (error) {
		const failure = asOperatorError(error);
		const source = failure.code === 'registry.unauthorized' ? sourceOf(credentials) : undefined;
		// The error's own hint is to run this command.
		const hint = source && `The credentials come from ${source}: correct them there.`;
		return {...failed(what, failure), ...defined({hint})};
	}
}

function failed(what: string, {message, hint, exit}: OperatorError): Line {
	return {what, ok: false, say: message, hint, exit};
}

/** The source of the credentials, never the credentials. */
function sourceOf(credentials: RegistryConfiguration['credentials']): string | undefined {
	if (credentials === undefined) {
		return undefined;
	}

	if ('docker' in credentials) {
		return 'Docker’s credential stores';
	}

	if ('env' in credentials) {
		return `${credentials.env.username} and ${credentials.env.password}`;
	}

	const {password} = credentials;
	return 'env' in password ? password.env : 'file' in password ? password.file : `the command ${password.command[0]}`;
}
