import {type Configuration, registryFor} from '../../domain/configuration.ts';
import {OperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {registryNamed} from '../../wiring/open-ports.ts';

export type ProbeTarget = {
	/** `host[:port]` */
	host: string;
	/** The configuration, in which an address of the command line is a registry, too. */
	configuration: Configuration;
	role: RegistryRole;
};

/**
 * The registry that is meant: a name of the configuration, an address, or the only one there is.
 * @throws OperatorError usage.which-registry | usage.registry | configuration.no-registry
 */
export function probeTarget(wanted: string | undefined, configuration: Configuration): ProbeTarget {
	if (wanted === undefined || Object.hasOwn(configuration.registries, wanted)) {
		const registry = registryNamed(configuration, wanted ?? onlyOne(configuration));
		return {host: new URL(registry.url).host, configuration, role: registry.role};
	}

	if (/^https?:\/\//i.test(wanted)) {
		return ofUrl(wanted, configuration);
	}

	// A word alone is a name that is misspelt.
	if (/^[\w-]+$/.test(wanted) && wanted !== 'localhost') {
		registryNamed(configuration, wanted);
	}

	const host = hostIn(wanted);
	return {host, configuration, role: registryFor(configuration, host)?.registry.role ?? 'authoritative'};
}

function onlyOne({registries}: Configuration): string {
	const names = Object.keys(registries);
	if (names.length !== 1) {
		throw new OperatorError('usage.which-registry', 'Which registry is meant?', {
			hint:
				names.length === 0
					? 'Name it, HOST[:PORT]; or write a regmedic.yaml that does.'
					: `Name one of the configuration: ${names.join(', ')}; or write HOST[:PORT].`,
			exit: 'usage',
		});
	}

	return names[0]!;
}

function ofUrl(text: string, configuration: Configuration): ProbeTarget {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const isPlain = url && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
	if (!isPlain || url.pathname !== '/') {
		throw malformed(text.replace(/\/\/[^/]*@/, '//…@'));
	}

	const known = registryFor(configuration, url.host);
	if (known) {
		return {host: url.host, configuration, role: known.registry.role};
	}

	const role = 'authoritative';
	const registry = {url: url.origin, role, credentials: {docker: true as const}} as const;
	const registries = {...configuration.registries, [url.origin]: registry};
	return {host: url.host, configuration: {...configuration, registries}, role};
}

function hostIn(text: string): string {
	try {
		const {host, repository} = parseReference(`${text}/all`);
		if (repository === 'all') {
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
		hint: 'Write HOST[:PORT], https://HOST[:PORT], or a name of the configuration; credentials belong there.',
		exit: 'usage',
	});
}
