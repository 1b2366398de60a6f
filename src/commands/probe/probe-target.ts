import {type Configuration, type RegistryConfiguration, registryFor} from '../../domain/configuration.ts';
import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {onlyRegistry, registryNamed} from '../configured-registry.ts';

type ProbeTarget = {
	/** `host[:port]` */
	host: string;
	/** As it was read; a registry given as an address is added to it. */
	configuration: Configuration;
	role: RegistryRole;
	/** The file that is configured for its inventory. */
	inventory?: string;
};

/**
 * The registry to probe: a configured name, an address, or the only one that is configured.
 * @throws OperatorError usage.which-registry | usage.registry | configuration.no-registry
 */
export function probeTarget(wanted: string | undefined, configuration: Configuration): ProbeTarget {
	if (wanted === undefined || Object.hasOwn(configuration.registries, wanted)) {
		const registry = registryNamed(configuration, wanted ?? onlyConfigured(configuration));
		return targetOf(new URL(registry.url).host, configuration, registry);
	}

	if (/^https?:\/\//i.test(wanted)) {
		return targetOfUrl(wanted, configuration);
	}

	// A single word is a misspelt name.
	if (/^[\w-]+$/.test(wanted) && wanted !== 'localhost') {
		registryNamed(configuration, wanted);
	}

	const host = hostIn(wanted);
	return targetOf(host, configuration, registryFor(configuration, host)?.registry);
}

function targetOf(
	host: string,
	configuration: Configuration,
	registry: RegistryConfiguration | undefined,
): ProbeTarget {
	return {
		host,
		configuration,
		role: registry?.role ?? 'authoritative',
		...defined({inventory: registry?.inventory}),
	};
}

function onlyConfigured(configuration: Configuration): string {
	return onlyRegistry(configuration, {
		code: 'usage.which-registry',
		hintForNone: 'Write HOST[:PORT], or a regmedic.yaml with the registry.',
		hintForSeveral: 'Name one of them, or write HOST[:PORT].',
	});
}

function targetOfUrl(text: string, configuration: Configuration): ProbeTarget {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const isPlain = url && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
	if (!isPlain || url.pathname !== '/') {
		throw malformed(text.replace(/\/\/[^/]*@/, '//…@'));
	}

	const known = registryFor(configuration, url.host);
	if (known) {
		return targetOf(url.host, configuration, known.registry);
	}

	const role = 'authoritative';
	const registry = {url: url.origin, role, credentials: {docker: true as const}} as const;
	const registries = {...configuration.registries, [url.origin]: registry};
	return {host: url.host, configuration: {...configuration, registries}, role};
}

function hostIn(text: string): string {
	try {
		const {host, repository} = parseReference(`${text}/all/all`);
		if (repository === 'all/all') {
			return host;
		}
	} catch (error) {
		if (!(error instanceof OperatorError)) {
			throw error;
		}
	}

	throw malformed(text);
}

function malformed(text: string): OperatorError {
	return new OperatorError('usage.registry', `"${text}" is not the address of a registry.`, {
		hint: 'Write HOST[:PORT], https://HOST[:PORT], or a configured name. Credentials belong into the configuration.',
		exit: 'usage',
	});
}
