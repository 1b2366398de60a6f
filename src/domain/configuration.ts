import type * as v from 'valibot';
import type {credentials, secret} from './configuration-schema.ts';
import {schema} from './configuration-schema.ts';
import {defined} from './defined.ts';
import {OperatorError} from './errors.ts';
import type {MeantPlatforms} from './image/meant-platforms.ts';
import type {ImageReference} from './image/reference.ts';
import {visibleLine} from './text/visible.ts';
import {readYaml} from './yaml/located-yaml.ts';

/** `regmedic.yaml`, read and checked. @see the README, "Configuration" */
export type Configuration = v.InferOutput<typeof schema>;

export type RegistryConfiguration = Configuration['registries'][string];
export type ImageConfiguration = Configuration['images'][string];
export type SourceConfiguration = NonNullable<Configuration['sources']>[string];
export type SecretSource = v.InferOutput<typeof secret>;
export type CredentialSource = v.InferOutput<typeof credentials>;

export const emptyConfiguration: Configuration = {registries: {}, images: {}};

/** @throws OperatorError configuration.invalid (exit 4), with every problem, its line and column */
export function parseConfiguration(source: string, file: string): Configuration {
	const {value, problems, locate} = readYaml(source, {line: 1, column: 1}, schema);
	const unknownRegistries = Object.entries(value?.images ?? {})
		.filter(([, {registry: name}]) => !Object.hasOwn(value?.registries ?? {}, name))
		.map(([name, {registry: missing}]) => ({
			...locate(['images', name, 'registry']),
			message: `There is no registry "${missing}".`,
		}));
	const unknownSources = Object.entries(value?.registries ?? {}).flatMap(([name, {sources = []}]) =>
		sources.flatMap((missing, at) =>
			Object.hasOwn(value?.sources ?? {}, missing)
				? []
				: {...locate(['registries', name, 'sources', at]), message: `There is no source "${missing}".`},
		),
	);
	const all = [...problems, ...unknownRegistries, ...unknownSources];

	if (value && all.length === 0) {
		return value;
	}

	const lines = all.map(({line, column, message}) => `${visibleLine(file)}:${line}:${column}: ${visibleLine(message)}`);
	throw new OperatorError('configuration.invalid', lines.join('\n'), {
		hint: 'The README’s “Configuration” lists all keys.',
		exit: 'configuration',
	});
}

/** The configured registry that serves this host, with its name. */
export function registryFor(
	{registries}: Configuration,
	host: string,
): {name: string; registry: RegistryConfiguration} | undefined {
	const found = Object.entries(registries).find(([, {url}]) => new URL(url).host === host || authority(url) === host);
	return found && {name: found[0], registry: found[1]};
}

/** Every `host[:port]` by which pulls name the registry that serves this host, this one first. */
export function addressesOf(configuration: Configuration, host: string): string[] {
	const known = registryFor(configuration, host)?.registry;
	const {url, addresses = []} = known ?? {};
	const own = url === undefined ? [] : [new URL(url).host, authority(url)];
	return [...new Set([host, ...own, ...addresses].map(each => each.toLowerCase()))];
}

/** The sources of a registry, in the order in which it names them. */
export function sourcesOf(
	{registries, sources}: Configuration,
	registryName: string | undefined,
): {name: string; source: SourceConfiguration}[] {
	const names = registryName === undefined ? [] : (registries[registryName]?.sources ?? []);
	return names.flatMap(name => (sources?.[name] === undefined ? [] : {name, source: sources[name]}));
}

/** The configured registry that serves under this `host[:port]`, by any of its addresses. */
export function registryAt(host: string, configuration: Configuration): {name: string; host: string} | undefined {
	const found = Object.entries(configuration.registries).find(([, {url}]) =>
		addressesOf(configuration, new URL(url).host).includes(host),
	);
	return found && {name: found[0], host: new URL(found[1].url).host};
}

export function imageFor(
	{images}: Configuration,
	{repository}: Pick<ImageReference, 'repository'>,
	registryName: string | undefined,
): {name: string; image: ImageConfiguration} | undefined {
	const found = Object.entries(images).find(
		([name, {registry: where}]) => name === repository && where === registryName,
	);
	return found && {name: found[0], image: found[1]};
}

/** The platforms that are meant to be in a configured registry, and in its images. */
export function meantPlatformsOf(
	{registries, images}: Configuration,
	registryName: string | undefined,
): MeantPlatforms {
	const own = Object.entries(images).flatMap(([repository, {registry, platforms}]) =>
		registry === registryName && platforms !== undefined ? [[repository, platforms] as const] : [],
	);
	return {
		...defined({registry: registryName === undefined ? undefined : registries[registryName]?.platforms}),
		...(own.length === 0 ? {} : {images: Object.fromEntries(own)}),
	};
}

/** The host of `https://registry.example:443` has its port in references. */
function authority(url: string): string {
	return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
