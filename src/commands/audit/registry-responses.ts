import type {Unseen} from '../../domain/audit/audit.ts';
import {type RegistryResponses, responseHazards} from '../../domain/audit/hazards/registry-responses.ts';
import type {Maintenance} from '../../domain/audit/maintenance.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {isLoopback} from '../../domain/image/reference.ts';
import type {SameRegistry} from '../../domain/storage/same-registry.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {askSameRegistry} from '../../engine/scan/same-registry.ts';
import {openRegistry} from '../../wiring/registry.ts';
import type {Setup} from '../../wiring/setup.ts';
import {registryNamed} from '../configured-registry.ts';
import {type Found, orUnseen} from './or-unseen.ts';

/** The part of an audit that asks the registry itself, and compares it with the disk. */
export async function auditRegistry(
	name: string | undefined,
	{maintenance, storage}: {maintenance?: Maintenance | undefined; storage?: Storage | undefined},
	setup: Setup,
): Promise<Found> {
	if (name === undefined) {
		return {unseen: [{what: 'the registry’s responses', why: 'only a folder was given: name a configured registry'}]};
	}

	const asked = await orUnseen('the registry’s responses', () => readResponses(name, setup));
	if (!('responses' in asked)) {
		return asked;
	}

	const {responses, unseen, responded} = asked;
	const compared =
		storage !== undefined && maintenance !== undefined && responded
			? await orUnseen(comparison, async () => ({identity: await compareWithDisk(name, storage, setup)}))
			: undefined;
	const identity = compared && 'identity' in compared ? compared.identity : undefined;
	return {
		risks: responseHazards({...responses, ...defined({identity})}, maintenance?.holdsRepositories),
		unseen: [
			...unseen,
			...(compared && 'unseen' in compared ? compared.unseen : []),
			...(identity?.kind === 'unknown' ? [{what: comparison, why: identity.why, optional: true as const}] : []),
		],
	};
}

const comparison = 'whether this registry serves this disk';

async function compareWithDisk(name: string, storage: Storage, setup: Setup): Promise<SameRegistry> {
	const {url, role} = registryNamed(setup.configuration, name);
	const {registry, close} = openRegistry(new URL(url).host, setup);
	const {signal} = setup;
	try {
		return await askSameRegistry(registry, {role, readSample: listed => storage.sample(listed, {signal}), signal});
	} finally {
		await close();
	}
}

/**
 * Asks for the catalogue with the configured credentials, and without any.
 * @returns also whether it responded, if only that it has no catalogue
 */
async function readResponses(
	name: string,
	setup: Setup,
): Promise<{responses: RegistryResponses; unseen: Unseen[]; responded: boolean}> {
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
		responded: !(known instanceof OperatorError) || known.code === 'registry.no-catalogue',
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
