import type {Unseen} from '../../domain/audit/audit.ts';
import {type RegistryResponses, responseHazards} from '../../domain/audit/hazards/registry-responses.ts';
import type {Maintenance} from '../../domain/audit/maintenance.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {isLoopback} from '../../domain/image/reference.ts';
import {openRegistry} from '../../wiring/registry.ts';
import type {Setup} from '../../wiring/setup.ts';
import {registryNamed} from '../configured-registry.ts';
import {type Found, orUnseen} from './or-unseen.ts';

/** The part of an audit that asks the registry itself. */
export async function auditRegistry(
	name: string | undefined,
	maintenance: Maintenance | undefined,
	setup: Setup,
): Promise<Found> {
	if (name === undefined) {
		return {unseen: [{what: 'the registry’s responses', why: 'only a folder was given: name a configured registry'}]};
	}

	const asked = await orUnseen('the registry’s responses', () => readResponses(name, setup));
	return 'responses' in asked
		? {risks: responseHazards(asked.responses, maintenance?.holdsRepositories), unseen: asked.unseen}
		: asked;
}

/** Asks for the catalogue with the configured credentials, and without any. */
async function readResponses(name: string, setup: Setup): Promise<{responses: RegistryResponses; unseen: Unseen[]}> {
	const {configuration} = setup;
	const {credentials, ...anonymous} = registryNamed(configuration, name);
	const registries = {...configuration.registries, [name]: anonymous};
	const url = anonymous.url.replace(/\/$/, '');
	const {host} = new URL(url);
	const known = await hasRepositories(host, setup);
	const open =
		credentials === undefined
			? known
			: await hasRepositories(host, {...setup, configuration: {...configuration, registries}});

	return {
		responses: {
			url,
			hasCredentials: credentials !== undefined,
			isLoopback: isLoopback(host),
			...(open instanceof OperatorError && open.exit !== 'refused'
				? {}
				: {answersAnybody: !(open instanceof OperatorError)}),
			...(known instanceof OperatorError ? {} : {listsRepositories: known}),
		},
		unseen:
			known instanceof OperatorError ? [{what: 'the registry’s catalogue', why: `${known.message} ${known.hint}`}] : [],
	};
}

/** @returns the error where the registry did not list its catalogue */
async function hasRepositories(host: string, setup: Setup): Promise<boolean | OperatorError> {
	const {registry, close} = openRegistry(host, setup);
	try {
		for await (const _repository of registry.repositories({signal: setup.signal})) {
			return true;
		}

		return false;
	} catch (error) {
		return asOperatorError(error);
	} finally {
		await close();
	}
}
