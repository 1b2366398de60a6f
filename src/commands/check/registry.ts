import type {Configuration, RegistryConfiguration} from '../../domain/configuration.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {sayRateLimit} from '../../domain/rate-limit.ts';
import {count} from '../../domain/text/wording.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import {openPorts} from '../../wiring/ports.ts';
import type {Setup} from '../../wiring/setup.ts';
import {buildCommandLine} from './build-command.ts';
import {ciLines} from './ci.ts';
import {fallbackLines} from './fallback.ts';
import {inventoryLine} from './inventory.ts';
import {failed, type Line} from './line.ts';
import {storageLines} from './storage.ts';

/** The lines of a registry: its responses, its storage, and the CI and the fallback builds of its images. */
export async function registryLines(name: string, {url, role}: RegistryConfiguration, setup: Setup): Promise<Line[]> {
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
	const {registry, storage, inventory} = ports;
	try {
		const responds = await checkTags(name, registry, {host, image, repository, signal});
		const login = registry.login();
		const limit = registry.rateLimit();
		return [
			responds,
			...(responds.ok && login !== undefined
				? [{what: `login ${name}`, ok: true, say: `${host} lets in ${login}`}]
				: []),
			...(limit === undefined ? [] : [{what: `rate limit ${name}`, ok: true, say: sayRateLimit(limit)}]),
			...(storage
				? await storageLines(name, {storage, registry: responds.ok ? registry : undefined, role, signal})
				: []),
			...(inventory ? [await inventoryLine(name, inventory)] : []),
			...(await ciLines(name, host, setup)),
			...(await buildCommandLines(name, host, setup)),
			...(await allFallbackLines(name, host, setup)),
		];
	} finally {
		await close();
	}
}

async function buildCommandLines(registry: string, host: string, setup: Setup): Promise<Line[]> {
	const lines: Line[] = [];
	for (const [image, {registry: where, build}] of Object.entries(setup.configuration.images)) {
		if (where === registry && build?.command !== undefined) {
			const {ports, close} = openPorts({host, repository: image, tag: 'latest'}, setup);
			const {buildCommand} = ports;
			lines.push(...(buildCommand === undefined ? [] : [await buildCommandLine(image, buildCommand)]));
			await close();
		}
	}

	return lines;
}

async function allFallbackLines(registry: string, host: string, setup: Setup): Promise<Line[]> {
	const lines: Line[] = [];
	for (const [image, {registry: where, fallback}] of Object.entries(setup.configuration.images)) {
		if (where === registry && fallback !== undefined) {
			const {ports, close} = openPorts({host, repository: image, tag: 'latest'}, setup);
			lines.push(...(await fallbackLines(image, fallback, ports.builder, setup).finally(close)));
		}
	}

	return lines;
}

function open<T>(work: () => T): T | OperatorError {
	try {
		return work();
	} catch (error) {
		return asOperatorError(error);
	}
}

type CheckTags = {
	host: string;
	image: string | undefined;
	repository: string;
	signal: AbortSignal;
};

/** A response about any repository proves the connection, the certificate and the credentials. */
async function checkTags(
	name: string,
	registry: Registry,
	{host, image, repository, signal}: CheckTags,
): Promise<Line> {
	const what = `registry ${name}`;
	try {
		const tags = await registry.tags(repository, {signal});
		const found =
			image === undefined
				? ''
				: tags === undefined
					? `; it has no ${image}`
					: `; ${image} has ${count(tags.length, 'tag')}`;
		return {what, ok: true, say: `${host} responds${found}`};
	} catch (error) {
		const failure = asOperatorError(error);
		// A token was issued: the login is right, and what is refused is a repository that nobody named.
		return failure.code === 'registry.forbidden' && image === undefined && registry.login() !== undefined
			? {what, ok: true, say: `${host} responds; it forbids ${repository}, and no image of it is configured to ask for`}
			: failed(what, failure);
	}
}

function firstImageOf(registry: string, {images}: Configuration): string | undefined {
	return Object.entries(images).find(([, image]) => image.registry === registry)?.[0];
}
